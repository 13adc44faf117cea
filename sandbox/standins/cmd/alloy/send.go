package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

const maxBatch = 1 << 20

// work collects entries into batches and sends each until Loki takes it or will never take it. While it waits it takes
// no more, so a source stops reading rather than losing lines.
func (e *endpoint) work(ctx context.Context) {
	for _, reason := range []string{"ingester_error", "rate_limited", "stream_limited", "line_too_long"} {
		e.alloy.tool.Metrics.Add("loki_write_dropped_entries_total", e.labels("reason", reason, "tenant", e.TenantID), 0)
	}
	e.alloy.tool.Metrics.Add("loki_write_sent_entries_total", e.labels(), 0)
	e.alloy.tool.Metrics.Add("loki_write_batch_retries_total", e.labels(), 0)
	var batch []Entry
	size := 0
	tick := time.NewTicker(max(e.BatchWait, time.Millisecond))
	defer tick.Stop()
	flush := func() {
		if len(batch) > 0 {
			e.send(ctx, batch)
		}
		batch, size = nil, 0
	}
	for {
		select {
		case entry := <-e.entries:
			batch = append(batch, entry)
			if size += len(entry.Line); size >= maxBatch {
				flush()
			}
		case <-tick.C:
			flush()
		case <-ctx.Done():
			flush()
			return
		}
	}
}

func (e *endpoint) labels(more ...string) standin.Labels {
	labels := standin.Labels{"component_id": e.component.id, "component_path": "/", "host": e.host}
	for i := 0; i+1 < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	return labels
}

func (e *endpoint) send(ctx context.Context, batch []Entry) {
	body := push.Encode(e.streams(batch))
	wait := e.MinBackoff
	reason := "ingester_error"
	for attempt := 0; ; attempt++ {
		status, err := e.post(body)
		if err == nil {
			e.component.health.set("healthy", "last push was accepted")
			e.alloy.tool.Metrics.Add("loki_write_sent_entries_total", e.labels(), float64(len(batch)))
			e.alloy.tool.Metrics.Add("loki_write_sent_bytes_total", e.labels(), float64(len(body)))
			finish(batch)
			return
		}
		e.alloy.tool.Log("warn", "error sending batch", "component_id", e.component.id, "status", status, "attempt", attempt+1, "err", err)
		if status == http.StatusTooManyRequests {
			reason = "rate_limited"
		}
		again := status <= 0 || status/100 == 5 || (status == http.StatusTooManyRequests && e.RetryOnHTTP429)
		if !again || (e.MaxRetries > 0 && attempt+1 >= e.MaxRetries) {
			break
		}
		e.alloy.tool.Metrics.Add("loki_write_batch_retries_total", e.labels(), 1)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return // not sent and not dropped: the source reads these lines again after the restart
		}
		wait = min(2*wait, e.MaxBackoff)
	}
	e.alloy.tool.Metrics.Add("loki_write_dropped_entries_total", e.labels("reason", reason, "tenant", e.TenantID), float64(len(batch)))
	finish(batch)
}

func finish(batch []Entry) {
	for _, entry := range batch {
		if entry.Written != nil {
			entry.Written()
		}
	}
}

// streams groups a batch by labels; an entry's own label wins over an external one.
func (e *endpoint) streams(batch []Entry) []push.Stream {
	index := map[string]int{}
	var streams []push.Stream
	for _, entry := range batch {
		labels := map[string]string{}
		for name, value := range e.external {
			labels[name] = value
		}
		for name, value := range entry.Labels {
			labels[name] = value
		}
		key := push.LabelText(labels)
		at, found := index[key]
		if !found {
			at = len(streams)
			index[key] = at
			streams = append(streams, push.Stream{Labels: labels})
		}
		streams[at].Entries = append(streams[at].Entries, entry.Entry)
	}
	return streams
}

func (e *endpoint) post(body []byte) (status int, err error) {
	request, err := http.NewRequest("POST", e.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("User-Agent", "nixmon-standin-alloy/"+standin.Version)
	for name, value := range e.Headers {
		request.Header.Set(name, value)
	}
	if e.TenantID != "" {
		request.Header.Set("X-Scope-OrgID", e.TenantID)
	}
	if err := e.authorize(request); err != nil {
		return 0, err
	}
	started := time.Now()
	code := "-1"
	defer func() {
		e.alloy.tool.Metrics.Observe("loki_write_request_duration_seconds", e.labels("status_code", code), time.Since(started).Seconds())
	}()
	response, err := e.client.Do(request)
	if err != nil {
		return -1, err
	}
	defer response.Body.Close()
	code = strconv.Itoa(response.StatusCode)
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
	if response.StatusCode/100 != 2 {
		return response.StatusCode, fmt.Errorf("server returned HTTP status %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	return response.StatusCode, nil
}

// authorize reads the files at every push, so a rotated secret works at once.
func (e *endpoint) authorize(request *http.Request) error {
	if basic := e.BasicAuth; basic != nil {
		password := string(basic.Password)
		if basic.PasswordFile != "" {
			text, err := os.ReadFile(basic.PasswordFile)
			if err != nil {
				return err
			}
			password = strings.TrimSpace(string(text))
		}
		request.SetBasicAuth(basic.Username, password)
	}
	token := string(e.BearerToken)
	if e.BearerTokenFile != "" {
		text, err := os.ReadFile(e.BearerTokenFile)
		if err != nil {
			return err
		}
		token = strings.TrimSpace(string(text))
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}
