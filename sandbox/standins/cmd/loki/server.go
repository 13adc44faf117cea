package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

const (
	retentionRun  = "loki_compactor_apply_retention_last_successful_run_timestamp_seconds"
	compactionRun = "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds"
)

// Loki is the running stand-in.
type Loki struct {
	tool       *standin.Tool
	config     *Config
	configFile string
	store      *Store
	now        func() time.Time
}

// Handler answers the endpoints of Loki that the project uses.
func (l *Loki) Handler() http.Handler {
	for _, name := range []string{"loki_distributor_lines_received_total", "loki_distributor_bytes_received_total"} {
		l.tool.Metrics.Add(name, standin.Labels{"tenant": "fake"}, 0)
	}
	l.tool.Metrics.Add("loki_panic_total", nil, 0)
	l.tool.Metrics.Set("loki_ingester_memory_streams", standin.Labels{"tenant": "fake"}, float64(l.store.Count()))
	l.tool.Metrics.Add("loki_ingester_chunks_flushed_total", nil, 0)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, _ *http.Request) {
		text, _ := os.ReadFile(l.configFile)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(text)
	})
	mux.HandleFunc("GET /loki/api/v1/status/buildinfo", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"version": standin.Version, "revision": "standin", "branch": "standin"})
	})
	mux.HandleFunc("POST /loki/api/v1/push", l.tenant(l.push))
	for _, method := range []string{"GET ", "POST "} {
		mux.HandleFunc(method+"/loki/api/v1/labels", l.tenant(l.labels))
		mux.HandleFunc(method+"/loki/api/v1/label/{name}/values", l.tenant(l.labels))
		mux.HandleFunc(method+"/loki/api/v1/series", l.tenant(l.series))
		mux.HandleFunc(method+"/loki/api/v1/query", l.tenant(l.instant))
		mux.HandleFunc(method+"/loki/api/v1/query_range", l.tenant(l.ranged))
	}
	return l.tool.Frame(mux, "loki_request_duration_seconds", func(r *http.Request, route string, status int) standin.Labels {
		name := strings.NewReplacer("/", "_", "{", "", "}", "").Replace(strings.Trim(route, "/"))
		if name == "" {
			name = "notfound"
		}
		return standin.Labels{"method": r.Method, "route": name, "status_code": strconv.Itoa(status), "ws": "false"}
	})
}

// tenant refuses requests without X-Scope-OrgID where auth_enabled is on, which is Loki's default.
func (l *Loki) tenant(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if l.config.AuthEnabled && r.Header.Get("X-Scope-OrgID") == "" {
			http.Error(w, "no org id", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func (l *Loki) labels(w http.ResponseWriter, r *http.Request) {
	start, end, _, err := l.span(r, 6*time.Hour)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	wanted := r.PathValue("name")
	found := map[string]bool{}
	for _, stream := range l.store.Select(nil, start, end) {
		for name, value := range stream.Labels {
			if wanted == "" {
				found[name] = true
			} else if name == wanted {
				found[value] = true
			}
		}
	}
	list := make([]string, 0, len(found))
	for item := range found {
		list = append(list, item)
	}
	sort.Strings(list)
	writeJSON(w, map[string]any{"status": "success", "data": list})
}

func (l *Loki) series(w http.ResponseWriter, r *http.Request) {
	start, end, _, err := l.span(r, 6*time.Hour)
	list := []map[string]string{}
	for _, text := range append(r.Form["match[]"], r.Form["match"]...) {
		selector, bad := ParseSelector(text)
		if bad != nil {
			err = bad
			break
		}
		for _, stream := range l.store.Select(selector, start, end) {
			list = append(list, stream.Labels)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, map[string]any{"status": "success", "data": list})
}

func (l *Loki) instant(w http.ResponseWriter, r *http.Request) {
	at, err := parseTime(r.FormValue("time"), l.now())
	q, bad := ParseQuery(r.FormValue("query"))
	if err == nil {
		err = bad
	}
	if err == nil && !q.IsMetric() {
		err = fmt.Errorf("log queries are not supported as an instant query type, please change your query to a range query type")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result := []any{}
	for _, sample := range q.At(l.store, at) {
		result = append(result, map[string]any{"metric": sample.Labels, "value": []any{unix(at), number(sample.Value)}})
	}
	answer(w, "vector", result)
}

func (l *Loki) ranged(w http.ResponseWriter, r *http.Request) {
	start, end, step, err := l.span(r, time.Hour)
	q, bad := ParseQuery(r.FormValue("query"))
	limit := 100
	if err == nil {
		err = bad
	}
	if text := r.FormValue("limit"); text != "" && err == nil {
		if limit, err = strconv.Atoi(text); err == nil && (limit <= 0 || limit > l.config.Limits.MaxEntriesPerRead) {
			err = fmt.Errorf("limit %d: wanted 1 to %d (limits_config.max_entries_limit_per_query)", limit, l.config.Limits.MaxEntriesPerRead)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result := []any{}
	if !q.IsMetric() {
		for _, stream := range q.Lines(l.store, start, end, limit, r.FormValue("direction") == "forward") {
			values := [][2]string{}
			for _, entry := range stream.Entries {
				values = append(values, [2]string{strconv.FormatInt(entry.Time.UnixNano(), 10), entry.Line})
			}
			result = append(result, map[string]any{"stream": stream.Labels, "values": values})
		}
		answer(w, "streams", result)
		return
	}
	if end.Sub(start)/step > 11000 {
		http.Error(w, "exceeded maximum resolution of 11,000 points per time series", http.StatusBadRequest)
		return
	}
	points := map[string][]any{}
	labels := map[string]map[string]string{}
	var order []string
	for at := start; !at.After(end); at = at.Add(step) {
		for _, sample := range q.At(l.store, at) {
			key := push.LabelText(sample.Labels)
			if labels[key] == nil {
				order = append(order, key)
				labels[key] = sample.Labels
			}
			points[key] = append(points[key], []any{unix(at), number(sample.Value)})
		}
	}
	for _, key := range order {
		result = append(result, map[string]any{"metric": labels[key], "values": points[key]})
	}
	answer(w, "matrix", result)
}

func (l *Loki) span(r *http.Request, length time.Duration) (start, end time.Time, step time.Duration, err error) {
	if end, err = parseTime(r.FormValue("end"), l.now()); err != nil {
		return
	}
	if since := r.FormValue("since"); since != "" {
		if length, err = standin.ParseDuration(since); err != nil {
			return
		}
	}
	if start, err = parseTime(r.FormValue("start"), end.Add(-length)); err != nil {
		return
	}
	step = max(time.Second, end.Sub(start)/250)
	if text := r.FormValue("step"); text != "" {
		seconds, bad := strconv.ParseFloat(text, 64)
		if step = time.Duration(seconds * float64(time.Second)); bad != nil {
			step, err = standin.ParseDuration(text)
		}
		if err == nil && step <= 0 {
			err = fmt.Errorf("step %q: wanted more than 0", text)
		}
	}
	if err == nil && end.Before(start) {
		err = fmt.Errorf("end timestamp must not be before start time")
	}
	return
}

// parseTime reads unix seconds (also with a fraction), unix nanoseconds or RFC 3339.
func parseTime(text string, fallback time.Time) (time.Time, error) {
	if text == "" {
		return fallback, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if len(text) <= 10 {
			return time.Unix(n, 0), nil
		}
		return time.Unix(0, n), nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		whole, fraction := math.Modf(f)
		return time.Unix(int64(whole), int64(fraction*1e9)), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		err = fmt.Errorf("time %q: wanted unix seconds, unix nanoseconds or RFC 3339", text)
	}
	return at, err
}

func unix(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func answer(w http.ResponseWriter, kind string, result []any) {
	writeJSON(w, map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result, "stats": map[string]any{}}})
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(value)
}

// Compact is one run of the compactor: retention where it is on, and the time of the run for the alerts.
func (l *Loki) Compact() {
	l.tool.Metrics.Set(compactionRun, nil, float64(l.now().Unix()))
	if !l.config.Compactor.RetentionEnabled {
		return
	}
	dropped, err := l.store.ApplyRetention(l.now(), l.config.retention)
	if err != nil {
		l.tool.Log("error", "apply retention", "err", err)
		return
	}
	l.tool.Metrics.Set(retentionRun, nil, float64(l.now().Unix()))
	if dropped > 0 {
		l.tool.Log("info", "retention applied", "dropped", dropped)
	}
}
