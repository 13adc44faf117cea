package standin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestDurationsAreReadAsPrometheusReadsThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "2160h": 2160 * time.Hour, "1h30m": 90 * time.Minute, "0": 0, "1w": 168 * time.Hour, "500ms": 500 * time.Millisecond,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v; wanted %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "90x", "90", "-1h", "1.5h", "1m1h", "99999999999y"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was accepted as %v", text, got)
		}
	}
}

func TestEveryAnswerAndMetricSaysThatItIsAStandIn(t *testing.T) {
	tool := New("loki", "Grafana Loki")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /item/{name}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	handler := tool.Frame(mux, "x_duration_seconds", func(_ *http.Request, route string, status int) Labels {
		return Labels{"route": route, "status": http.StatusText(status)}
	})
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/item/a", nil))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if got := answer.Header().Get("Server"); got != "nixmon-standin-loki" {
		t.Errorf("Server header is %q", got)
	}
	for _, want := range []string{
		`loki_build_info{branch="standin",revision="standin",version="` + Version + `"} 1`,
		`x_duration_seconds_count{route="/item/{name}",status="I'm a teapot"} 1`,
		`x_duration_seconds_bucket{le="+Inf",route="/item/{name}",status="I'm a teapot"} 1`,
		"# TYPE x_duration_seconds histogram",
	} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("no %s in:\n%s", want, answer.Body)
		}
	}
	if !strings.Contains(tool.Banner(), "NOT Grafana Loki") || !strings.HasPrefix(Version, "standin-") {
		t.Errorf("banner %q", tool.Banner())
	}
}
