package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

func (l *Loki) push(w http.ResponseWriter, r *http.Request) {
	streams, err := readPush(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if n := l.config.replicas(); n > 1 {
		http.Error(w, fmt.Sprintf("at least %d live replicas required, could only find 1 (common.replication_factor is %d, wanted 1)", n/2+1, n), http.StatusInternalServerError)
		return
	}
	var refusals []string
	taken := make([]push.Stream, 0, len(streams))
	tenant := standin.Labels{"tenant": "fake"}
	for _, stream := range streams {
		if n := len(stream.Labels); n == 0 || n > l.config.Limits.MaxLabelNames {
			refusals = append(refusals, fmt.Sprintf("stream '%s' has %d label names; wanted 1 to %d", push.LabelText(stream.Labels), n, l.config.Limits.MaxLabelNames))
			continue
		}
		kept := push.Stream{Labels: l.config.discovered(stream.Labels)}
		for _, entry := range stream.Entries {
			l.tool.Metrics.Add("loki_distributor_lines_received_total", tenant, 1)
			l.tool.Metrics.Add("loki_distributor_bytes_received_total", tenant, float64(len(entry.Line)))
			if reason, message := l.config.refusal(stream, entry, l.now()); reason != "" {
				l.tool.Metrics.Add("loki_discarded_samples_total", standin.Labels{"reason": reason, "tenant": "fake"}, 1)
				refusals = append(refusals, message)
				continue
			}
			kept.Entries = append(kept.Entries, entry)
		}
		taken = append(taken, kept)
	}
	// As Loki does, what is good in a request is kept even where a part of it is refused.
	if err := l.store.Append(taken); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	l.tool.Metrics.Set("loki_ingester_memory_streams", tenant, float64(l.store.Count()))
	if len(refusals) > 0 {
		http.Error(w, refusals[0], http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func readPush(r *http.Request) ([]push.Stream, error) {
	var reader io.Reader = http.MaxBytesReader(nil, r.Body, push.MaxBody)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(reader)
		if err != nil {
			return nil, err
		}
		reader = io.LimitReader(unzipped, push.MaxBody)
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind == "application/json" {
		return push.DecodeJSON(body)
	}
	return push.Decode(body)
}
