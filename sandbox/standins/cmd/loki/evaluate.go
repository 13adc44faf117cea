package main

import (
	"maps"
	"sort"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/push"
)

// Lines gives the matching lines of [start, end), at most limit of them, newest first unless forward. As Loki does,
// it counts an entry's structured metadata among the labels of the answer.
func (q *Query) Lines(store *Store, start, end time.Time, limit int, forward bool) []push.Stream {
	type hit struct {
		labels map[string]string
		entry  push.Entry
	}
	var hits []hit
	for _, stream := range q.filtered(store.Select(q.Selector, start, end)) {
		for _, entry := range stream.Entries {
			hits = append(hits, hit{stream.Labels, entry})
		}
	}
	sort.SliceStable(hits, func(i, j int) bool {
		if forward {
			return hits[i].entry.Time.Before(hits[j].entry.Time)
		}
		return hits[i].entry.Time.After(hits[j].entry.Time)
	})
	index := map[string]int{}
	var streams []push.Stream
	for _, h := range hits[:min(limit, len(hits))] {
		labels := h.labels
		if len(h.entry.Metadata) > 0 {
			labels = maps.Clone(labels)
			maps.Copy(labels, h.entry.Metadata)
		}
		key := push.LabelText(labels)
		if _, found := index[key]; !found {
			index[key] = len(streams)
			streams = append(streams, push.Stream{Labels: labels})
		}
		at := index[key]
		streams[at].Entries = append(streams[at].Entries, h.entry)
	}
	return streams
}

func (q *Query) filtered(streams []push.Stream) []push.Stream {
	for i, stream := range streams {
		kept := stream.Entries[:0]
		for _, entry := range stream.Entries {
			pass := true
			for _, f := range q.filters {
				pass = pass && f.passes(entry.Line)
			}
			if pass {
				kept = append(kept, entry)
			}
		}
		streams[i].Entries = kept
	}
	return streams
}

// Sample is one series with its value at one moment.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// At evaluates a metric query at one moment: the range is (at-Range, at].
func (q *Query) At(store *Store, at time.Time) []Sample {
	streams := q.filtered(store.Select(q.Selector, at.Add(-q.Range+1), at.Add(1)))
	var samples []Sample
	for _, stream := range streams {
		value := float64(len(stream.Entries))
		if strings.HasPrefix(q.function, "bytes") {
			value = 0
			for _, entry := range stream.Entries {
				value += float64(len(entry.Line))
			}
		}
		if strings.HasSuffix(q.function, "rate") {
			value /= q.Range.Seconds()
		}
		if len(stream.Entries) > 0 {
			samples = append(samples, Sample{stream.Labels, value})
		}
	}
	if q.aggregate == "" {
		return samples
	}
	return q.aggregated(samples)
}

func (q *Query) aggregated(samples []Sample) []Sample {
	groups := map[string]*Sample{}
	sizes := map[string]float64{}
	var order []string
	for _, sample := range samples {
		labels := map[string]string{}
		for name, value := range sample.Labels {
			named := false
			for _, wanted := range q.grouping {
				named = named || wanted == name
			}
			if named != q.without {
				labels[name] = value
			}
		}
		key := push.LabelText(labels)
		group := groups[key]
		if sizes[key]++; group == nil {
			value := sample.Value
			if q.aggregate == "count" {
				value = 1
			}
			groups[key] = &Sample{labels, value}
			order = append(order, key)
			continue
		}
		switch q.aggregate {
		case "sum", "avg":
			group.Value += sample.Value
		case "count":
			group.Value++
		case "min":
			group.Value = min(group.Value, sample.Value)
		case "max":
			group.Value = max(group.Value, sample.Value)
		}
	}
	var result []Sample
	for _, key := range order {
		if q.aggregate == "avg" {
			groups[key].Value /= sizes[key]
		}
		result = append(result, *groups[key])
	}
	return result
}
