package standin

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Labels are the labels of one series.
type Labels map[string]string

// String gives the labels in Prometheus' exposition form, sorted, or "" for none.
func (l Labels) String() string {
	if len(l) == 0 {
		return ""
	}
	pairs := make([]string, 0, len(l))
	for name, value := range l {
		pairs = append(pairs, name+"="+strconv.Quote(value))
	}
	sort.Strings(pairs)
	return "{" + strings.Join(pairs, ",") + "}"
}

var buckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

type histogram struct {
	labels Labels
	counts []float64
	sum    float64
	count  float64
}

// Metrics is a small registry that writes the text exposition format.
type Metrics struct {
	mu         sync.Mutex
	values     map[string]map[string]float64
	histograms map[string]map[string]*histogram
}

// NewMetrics makes an empty registry.
func NewMetrics() *Metrics {
	return &Metrics{values: map[string]map[string]float64{}, histograms: map[string]map[string]*histogram{}}
}

func (m *Metrics) family(name string) map[string]float64 {
	if m.values[name] == nil {
		m.values[name] = map[string]float64{}
	}
	return m.values[name]
}

// Set gives a series a value.
func (m *Metrics) Set(name string, labels Labels, value float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.family(name)[labels.String()] = value
}

// Add adds to a series; adding 0 makes it appear, as the real programs do for their counters.
func (m *Metrics) Add(name string, labels Labels, value float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.family(name)[labels.String()] += value
}

// Clear forgets every series of a name.
func (m *Metrics) Clear(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, name)
}

// Get reads a series, 0 when it is not there.
func (m *Metrics) Get(name string, labels Labels) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[name][labels.String()]
}

// Observe adds one observation, in seconds, to a histogram.
func (m *Metrics) Observe(name string, labels Labels, seconds float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.histograms[name] == nil {
		m.histograms[name] = map[string]*histogram{}
	}
	h := m.histograms[name][labels.String()]
	if h == nil {
		h = &histogram{labels: labels, counts: make([]float64, len(buckets))}
		m.histograms[name][labels.String()] = h
	}
	for i, bound := range buckets {
		if seconds <= bound {
			h.counts[i]++
		}
	}
	h.sum += seconds
	h.count++
}

// Text is the whole registry in Prometheus' text format, sorted so that it can be compared.
func (m *Metrics) Text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out strings.Builder
	for _, name := range sorted(m.values) {
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		fmt.Fprintf(&out, "# TYPE %s %s\n", name, kind)
		for _, labels := range sorted(m.values[name]) {
			fmt.Fprintf(&out, "%s%s %s\n", name, labels, number(m.values[name][labels]))
		}
	}
	for _, name := range sorted(m.histograms) {
		fmt.Fprintf(&out, "# TYPE %s histogram\n", name)
		for _, key := range sorted(m.histograms[name]) {
			h := m.histograms[name][key]
			for i, bound := range buckets {
				fmt.Fprintf(&out, "%s_bucket%s %s\n", name, withBound(h.labels, number(bound)), number(h.counts[i]))
			}
			fmt.Fprintf(&out, "%s_bucket%s %s\n", name, withBound(h.labels, "+Inf"), number(h.count))
			fmt.Fprintf(&out, "%s_sum%s %s\n%s_count%s %s\n", name, key, number(h.sum), name, key, number(h.count))
		}
	}
	fmt.Fprintf(&out, "# TYPE go_goroutines gauge\ngo_goroutines %d\n", runtime.NumGoroutine())
	if pages := residentPages(); pages > 0 {
		fmt.Fprintf(&out, "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %d\n", pages*os.Getpagesize())
	}
	return out.String()
}

func withBound(labels Labels, bound string) string {
	all := Labels{"le": bound}
	for name, value := range labels {
		all[name] = value
	}
	return all.String()
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func residentPages() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages
}
