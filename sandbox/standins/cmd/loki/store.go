package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"nixmon/sandbox/standins/internal/push"
)

// maxBytes bounds what is kept in memory and, twice over, in the file; a test cluster never reaches it.
const maxBytes = 64 << 20

// Store keeps the lines in memory, sorted by time within a stream, and appends them to a file so that they
// outlive a restart.
type Store struct {
	mu      sync.RWMutex
	streams map[string]*push.Stream
	bytes   int
	path    string
	file    *os.File
	written int
}

type record struct {
	Labels map[string]string `json:"l"`
	Nanos  int64             `json:"t"`
	Line   string            `json:"m"`
	Meta   map[string]string `json:"s,omitempty"`
}

// OpenStore reads back what an earlier run left in the folder.
func OpenStore(folder string) (*Store, error) {
	s := &Store{streams: map[string]*push.Stream{}, path: filepath.Join(folder, "standin-entries.jsonl")}
	if old, err := os.Open(s.path); err == nil {
		lines := bufio.NewScanner(old)
		lines.Buffer(nil, push.MaxBody)
		for lines.Scan() {
			var r record
			// A line cut by a crash is no JSON; it is the only one lost.
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				s.insert(r.Labels, push.Entry{Time: time.Unix(0, r.Nanos), Line: r.Line, Metadata: r.Meta})
			}
		}
		old.Close()
	}
	return s, s.rewrite()
}

// rewrite puts what is in memory into a fresh file and leaves it open for appending.
func (s *Store) rewrite() error {
	fresh, err := os.OpenFile(s.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(fresh)
	s.written = 0
	for _, stream := range s.streams {
		for _, entry := range stream.Entries {
			n, err := out.Write(line(stream.Labels, entry))
			if err != nil {
				return err
			}
			s.written += n
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if s.file != nil {
		s.file.Close()
	}
	s.file = fresh
	return os.Rename(s.path+".new", s.path)
}

func line(labels map[string]string, entry push.Entry) []byte {
	text, _ := json.Marshal(record{labels, entry.Time.UnixNano(), entry.Line, entry.Metadata})
	return append(text, '\n')
}

// insert returns false for an entry that is there already: Loki drops exact repeats too.
func (s *Store) insert(labels map[string]string, entry push.Entry) bool {
	key := push.LabelText(labels)
	stream := s.streams[key]
	if stream == nil {
		stream = &push.Stream{Labels: labels}
		s.streams[key] = stream
	}
	at := sort.Search(len(stream.Entries), func(i int) bool { return stream.Entries[i].Time.After(entry.Time) })
	for i := at - 1; i >= 0 && stream.Entries[i].Time.Equal(entry.Time); i-- {
		if stream.Entries[i].Line == entry.Line {
			return false
		}
	}
	stream.Entries = append(stream.Entries, push.Entry{})
	copy(stream.Entries[at+1:], stream.Entries[at:])
	stream.Entries[at] = entry
	s.bytes += len(entry.Line)
	return true
}

// Append adds the entries and returns once they are in the file.
func (s *Store) Append(streams []push.Stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text []byte
	for _, stream := range streams {
		for _, entry := range stream.Entries {
			if s.insert(stream.Labels, entry) {
				text = append(text, line(stream.Labels, entry)...)
			}
		}
	}
	n, err := s.file.Write(text)
	if s.written += n; err != nil {
		return err
	}
	if s.bytes > maxBytes {
		s.dropOldest(maxBytes / 2)
	}
	if s.written > 2*maxBytes {
		return s.rewrite()
	}
	return nil
}

// dropOldest forgets the oldest lines until at most size bytes are left.
func (s *Store) dropOldest(size int) {
	var times []time.Time
	for _, stream := range s.streams {
		for _, entry := range stream.Entries {
			times = append(times, entry.Time)
		}
	}
	sort.Slice(times, func(i, j int) bool { return times[i].Before(times[j]) })
	for step := len(times)/16 + 1; s.bytes > size && len(times) > 0; {
		cut := min(step, len(times))
		limit := times[cut-1]
		times = times[cut:]
		s.forget(func(map[string]string) time.Time { return limit.Add(1) })
	}
}

// forget drops what is older than the limit of its stream and returns the number of lines.
func (s *Store) forget(limit func(labels map[string]string) time.Time) int {
	dropped := 0
	for key, stream := range s.streams {
		oldest := limit(stream.Labels)
		n := sort.Search(len(stream.Entries), func(i int) bool { return !stream.Entries[i].Time.Before(oldest) })
		for _, entry := range stream.Entries[:n] {
			s.bytes -= len(entry.Line)
		}
		dropped += n
		if stream.Entries = append([]push.Entry(nil), stream.Entries[n:]...); len(stream.Entries) == 0 {
			delete(s.streams, key)
		}
	}
	return dropped
}

// ApplyRetention deletes what is older than its stream's period (0: keep) from memory and file.
func (s *Store) ApplyRetention(now time.Time, period func(labels map[string]string) time.Duration) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped := s.forget(func(labels map[string]string) time.Time {
		if keep := period(labels); keep > 0 {
			return now.Add(-keep)
		}
		return time.Time{}
	})
	if dropped == 0 {
		return 0, nil
	}
	return dropped, s.rewrite()
}

// Select gives the matching streams with their entries in [start, end).
func (s *Store) Select(selector Selector, start, end time.Time) []push.Stream {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []push.Stream
	for _, stream := range s.streams {
		if !selector.Matches(stream.Labels) {
			continue
		}
		from := sort.Search(len(stream.Entries), func(i int) bool { return !stream.Entries[i].Time.Before(start) })
		to := sort.Search(len(stream.Entries), func(i int) bool { return !stream.Entries[i].Time.Before(end) })
		if from < to {
			found = append(found, push.Stream{Labels: stream.Labels, Entries: append([]push.Entry(nil), stream.Entries[from:to]...)})
		}
	}
	sort.Slice(found, func(i, j int) bool { return push.LabelText(found[i].Labels) < push.LabelText(found[j].Labels) })
	return found
}

// Count is the number of streams in memory.
func (s *Store) Count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.streams)
}
