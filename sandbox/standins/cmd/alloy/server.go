package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

type healthState struct {
	mu             sync.Mutex
	state, message string
}

func (h *healthState) set(state, message string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state, h.message = state, message
}

func (h *healthState) get() (state, message string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.message
}

// Alloy is the running stand-in.
type Alloy struct {
	tool    *standin.Tool
	path    string
	storage string

	mu         sync.Mutex
	components []*component
	stop       func()
}

// Reload reads the configuration and puts it in the place of the running one; on any error the running one stays.
func (a *Alloy) Reload() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	source, err := Source(a.path)
	var components []*component
	if err == nil {
		components, err = a.Build(source)
	}
	if err != nil {
		a.tool.Metrics.Set("alloy_config_last_load_successful", nil, 0)
		a.tool.Metrics.Add("alloy_config_load_failures_total", nil, 1)
		return err
	}
	if a.stop != nil {
		a.stop()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, c := range components {
		c.health.set("healthy", "started")
		if c.run != nil {
			running.Add(1)
			go func() { defer running.Done(); c.run(ctx) }()
		}
	}
	a.components = components
	a.stop = func() {
		cancel()
		running.Wait()
		for _, c := range components {
			if c.close != nil {
				c.close()
			}
		}
	}
	a.tool.Metrics.Set("alloy_config_last_load_successful", nil, 1)
	a.tool.Metrics.Set("alloy_config_last_load_success_timestamp_seconds", nil, float64(time.Now().Unix()))
	a.tool.Metrics.Add("alloy_config_load_failures_total", nil, 0)
	return nil
}

// Close stops the components, after a last try to deliver what they hold.
func (a *Alloy) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop != nil {
		a.stop()
	}
}

type componentInfo struct {
	ID     string `json:"localID"`
	Health struct {
		State   string `json:"state"`
		Message string `json:"message"`
	} `json:"health"`
}

func (a *Alloy) state() (list []componentInfo, unhealthy []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	counts := map[string]int{"healthy": 0, "unhealthy": 0, "unknown": 0, "exited": 0}
	for _, c := range a.components {
		info := componentInfo{ID: c.id}
		info.Health.State, info.Health.Message = c.health.get()
		counts[info.Health.State]++
		list = append(list, info)
		if info.Health.State != "healthy" {
			unhealthy = append(unhealthy, c.id)
		}
	}
	for state, n := range counts {
		a.tool.Metrics.Set("alloy_component_controller_running_components", standin.Labels{"controller_id": "", "controller_path": "/", "health_type": state}, float64(n))
	}
	return list, unhealthy
}

// Handler answers the endpoints of Alloy that the project uses.
func (a *Alloy) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Alloy is ready.") })
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		if _, unhealthy := a.state(); len(unhealthy) > 0 {
			http.Error(w, fmt.Sprintf("unhealthy components: %v", unhealthy), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "All Alloy components are healthy.")
	})
	mux.HandleFunc("/-/reload", func(w http.ResponseWriter, _ *http.Request) {
		if err := a.Reload(); err != nil {
			a.tool.Log("error", "failed to reload config", "err", err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, "config reloaded")
	})
	mux.HandleFunc("GET /api/v0/web/components", func(w http.ResponseWriter, _ *http.Request) {
		list, _ := a.state()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	})
	framed := a.tool.Frame(mux, "alloy_standin_http_request_duration_seconds", func(r *http.Request, route string, status int) standin.Labels {
		return standin.Labels{"method": r.Method, "route": route, "status_code": strconv.Itoa(status)}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			a.state() // brings the gauge of healthy components up to date
		}
		framed.ServeHTTP(w, r)
	})
}
