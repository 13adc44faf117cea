// Package standin holds what the four stand-ins share: the label that says what they are, logging,
// the HTTP frame with its metrics, and the start and stop of a systemd service.
package standin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Version is what every stand-in calls itself; it starts with "standin-" so that no dashboard,
// test or reader takes it for a version of the real program.
const Version = "standin-1.0.0"

// Tool is one stand-in.
type Tool struct {
	// Name is the program's name, for instance "loki".
	Name string
	// Real is the program it stands for, for instance "Grafana Loki".
	Real string
	// Metrics is what /metrics answers.
	Metrics *Metrics
}

// New makes a tool whose metrics already hold its build info.
func New(name, realName string) *Tool {
	metrics := NewMetrics()
	metrics.Set(name+"_build_info", Labels{"version": Version, "branch": "standin", "revision": "standin"}, 1)
	metrics.Set("process_start_time_seconds", nil, float64(time.Now().UnixMilli())/1000)
	return &Tool{Name: name, Real: realName, Metrics: metrics}
}

// Banner is the sentence of --version, --help and the first log line.
func (t *Tool) Banner() string {
	return fmt.Sprintf("%s, version %s: a nixmon stand-in for tests, NOT %s", t.Name, Version, t.Real)
}

// Log writes one logfmt line to stderr; pairs are key, value, key, value.
func (t *Tool) Log(level, msg string, pairs ...any) {
	var line strings.Builder
	fmt.Fprintf(&line, "ts=%s level=%s msg=%s", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), level, quote(msg))
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&line, " %v=%s", pairs[i], quote(fmt.Sprint(pairs[i+1])))
	}
	fmt.Fprintln(os.Stderr, line.String())
}

func quote(s string) string {
	if s == "" || strings.ContainsAny(s, " \"=\n\t") {
		return strconv.Quote(s)
	}
	return s
}

// Fatal logs why the program cannot go on and ends it with exit code 1, as the real programs do.
func (t *Tool) Fatal(msg string, err error) {
	t.Log("error", msg, "err", err)
	os.Exit(1)
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Frame puts the label, /metrics and the request histogram around a mux. The histogram has the name and
// labels that the caller gives it, because each real program uses its own.
func (t *Tool) Frame(mux *http.ServeMux, histogram string, labels func(r *http.Request, route string, status int) Labels) http.Handler {
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprint(w, t.Metrics.Text())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nixmon-standin-"+t.Name)
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		started := time.Now()
		_, route := mux.Handler(r)
		mux.ServeHTTP(rec, r)
		// The pattern, not the path: the path comes from outside and would make any number of series.
		if _, path, found := strings.Cut(route, " "); found {
			route = path
		}
		t.Metrics.Observe(histogram, labels(r, route, rec.status), time.Since(started).Seconds())
	})
}

// Serve listens on every address, tells systemd that it is ready and returns after SIGTERM or SIGINT.
// reload, when given, runs at each SIGHUP.
func (t *Tool) Serve(handler http.Handler, tlsConfig *tls.Config, reload func(), addresses ...string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, len(addresses))
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", address, err)
		}
		if tlsConfig != nil {
			listener = tls.NewListener(listener, tlsConfig)
		}
		t.Log("info", "listening", "address", listener.Addr())
		go func() { failed <- server.Serve(listener) }()
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	Notify("READY=1")
	for {
		select {
		case <-hangup:
			if reload != nil {
				reload()
			}
		case err := <-failed:
			return err
		case <-ctx.Done():
			Notify("STOPPING=1")
			end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			if err := server.Shutdown(end); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return nil
		}
	}
}

// Notify tells systemd the state of a Type=notify unit; without NOTIFY_SOCKET it does nothing.
func Notify(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if strings.HasPrefix(name, "@") {
		name = "\x00" + name[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}
