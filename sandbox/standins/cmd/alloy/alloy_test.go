package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

const pipeline = `
logging { level = "info" }

loki.source.journal "read" {
  max_age       = "24h"
  relabel_rules = loki.relabel.journal.rules
  forward_to    = [loki.process.all.receiver]
  labels        = { source = "journal" }
}

loki.relabel "journal" {
  forward_to = []
  rule {
    source_labels = ["__journal__systemd_unit"]
    target_label  = "unit"
  }
  rule {
    source_labels = ["__journal_priority_keyword"]
    target_label  = "level"
  }
  rule {
    source_labels = ["unit"]
    regex         = "noise.*"
    action        = "drop"
  }
}

local.file_match "caddy" {
  path_targets = [{ __path__ = "DIR/logs/*.log", job = "caddy" }]
}

loki.source.file "caddy" {
  targets    = local.file_match.caddy.targets
  forward_to = [loki.process.caddy.receiver]
}

loki.process "caddy" {
  forward_to = [loki.process.all.receiver]
  stage.json {
    expressions = { status = "status", site = "request.host" }
  }
  stage.labels {
    values = { status = "" }
  }
  stage.structured_metadata {
    values = { host_name = "site" }
  }
}

loki.process "all" {
  forward_to = [loki.write.default.receiver]
  stage.static_labels {
    values = { cluster = "test" }
  }
}

loki.write "default" {
  endpoint {
    url                = "URL"
    batch_wait         = "20ms"
    min_backoff_period = "10ms"
    basic_auth {
      username      = "shipper"
      password_file = "DIR/password"
    }
  }
  external_labels = { host = "nixio", source = "is overridden" }
}
`

// lokiServer remembers what it was sent; fail is how many pushes it answers with status first.
type lokiServer struct {
	mu      sync.Mutex
	streams []push.Stream
	fail    int
	status  int
	auth    string
}

func (l *lokiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail > 0 {
		l.fail--
		http.Error(w, "no", l.status)
		return
	}
	body, _ := io.ReadAll(r.Body)
	streams, err := push.Decode(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, l.auth, _ = r.BasicAuth()
	l.streams = append(l.streams, streams...)
	w.WriteHeader(http.StatusNoContent)
}

func (l *lokiServer) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, stream := range l.streams {
		for _, entry := range stream.Entries {
			text := push.LabelText(stream.Labels) + " " + entry.Line
			if entry.Metadata != nil {
				text += fmt.Sprint(" ", entry.Metadata)
			}
			lines = append(lines, text)
		}
	}
	sort.Strings(lines)
	return lines
}

func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if check() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
		err = os.WriteFile(path, []byte(text), 0o700)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// setup makes a folder with the pipeline, a journalctl that prints three lines and a Loki that listens.
func setup(t *testing.T, loki http.Handler) (*Alloy, string) {
	t.Helper()
	dir := t.TempDir()
	server := httptest.NewServer(loki)
	t.Cleanup(server.Close)
	line := func(unit, message string, n int) string {
		text, _ := json.Marshal(map[string]any{"_SYSTEMD_UNIT": unit, "MESSAGE": message, "PRIORITY": "3", "__CURSOR": fmt.Sprint("c", n), "__REALTIME_TIMESTAMP": fmt.Sprint(1700000000000000 + n)})
		return string(text)
	}
	write(t, filepath.Join(dir, "bin/journalctl"), "#!/bin/sh\necho \"$@\" >>"+dir+"/calls\ncase \"$*\" in *after-cursor=c3*) ;; *) cat <<'X'\n"+
		line("ssh.service", "hello", 1)+"\n"+line("noise.service", "drop me", 2)+"\n"+line("ssh.service", "bye", 3)+"\nX\n;; esac\nexec sleep 60\n")
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	write(t, filepath.Join(dir, "password"), "secret\n")
	write(t, filepath.Join(dir, "logs/access.log"), "")
	write(t, filepath.Join(dir, "config/config.alloy"), strings.NewReplacer("DIR", dir, "URL", server.URL+"/loki/api/v1/push").Replace(pipeline))
	a := &Alloy{tool: standin.New("alloy", "Grafana Alloy"), path: filepath.Join(dir, "config"), storage: filepath.Join(dir, "data")}
	t.Cleanup(a.Close)
	return a, dir
}

var want = []string{
	`{cluster="test", host="nixio", job="loki.source.journal.read", level="error", source="journal", unit="ssh.service"} bye`,
	`{cluster="test", host="nixio", job="loki.source.journal.read", level="error", source="journal", unit="ssh.service"} hello`,
}

func TestJournalAndFilesArriveWithTheirLabels(t *testing.T) {
	loki := &lokiServer{}
	a, dir := setup(t, loki)
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the journal's lines", func() bool { return reflect.DeepEqual(loki.lines(), want) })
	write(t, filepath.Join(dir, "logs/access.log"), `{"status":200,"request":{"host":"a.test"}}`+"\n{\"cut")
	file := fmt.Sprintf(`{cluster="test", filename="%s/logs/access.log", host="nixio", job="caddy", source="is overridden", status="200"} {"status":200,"request":{"host":"a.test"}} map[host_name:a.test]`, dir)
	eventually(t, "the file's line", func() bool {
		lines := loki.lines()
		return len(lines) == 3 && lines[0] == file
	})
	if loki.auth != "secret" {
		t.Errorf("password %q was sent", loki.auth)
	}
	metrics := httptest.NewRecorder()
	a.Handler().ServeHTTP(metrics, httptest.NewRequest("GET", "/metrics", nil))
	for _, wanted := range []string{
		"alloy_config_last_load_successful 1", `health_type="healthy"} 7`, `health_type="unhealthy"} 0`,
		`loki_write_sent_entries_total{component_id="loki.write.default"`, `reason="rate_limited",tenant=""} 0`,
	} {
		if !strings.Contains(metrics.Body.String(), wanted) {
			t.Errorf("no %s in\n%s", wanted, metrics.Body)
		}
	}
}

func TestARestartGoesOnWhereTheLastRunEnded(t *testing.T) {
	loki := &lokiServer{}
	a, dir := setup(t, loki)
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the journal's lines", func() bool { return len(loki.lines()) == 2 })
	a.Close()
	a.stop = nil
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a second journalctl", func() bool {
		calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
		return strings.Contains(string(calls), "--since=-86400s") && strings.Contains(string(calls), "--after-cursor=c3")
	})
	if got := loki.lines(); len(got) != 2 {
		t.Errorf("lines were repeated: %v", got)
	}
}

func TestALokiThatIsDownForAWhileLosesNothing(t *testing.T) {
	loki := &lokiServer{fail: 3, status: 503}
	a, _ := setup(t, loki)
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the journal's lines", func() bool { return reflect.DeepEqual(loki.lines(), want) })
	if got := a.tool.Metrics.Text(); !strings.Contains(got, "loki_write_batch_retries_total{") || strings.Contains(got, `reason="ingester_error",tenant=""} 2`) {
		t.Error(got)
	}
}

func TestWhatLokiRefusesForGoodIsDroppedAndCounted(t *testing.T) {
	loki := &lokiServer{fail: 1000, status: 400}
	a, _ := setup(t, loki)
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two dropped lines", func() bool {
		return strings.Contains(a.tool.Metrics.Text(), `reason="ingester_error",tenant=""} 2`)
	})
}

func TestABrokenReloadKeepsTheOldConfiguration(t *testing.T) {
	a, dir := setup(t, &lokiServer{})
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	before := a.components
	write(t, filepath.Join(dir, "config/config.alloy"), "loki.write {")
	answer := httptest.NewRecorder()
	a.Handler().ServeHTTP(answer, httptest.NewRequest("POST", "/-/reload", nil))
	if answer.Code != 400 || !strings.Contains(answer.Body.String(), "config.alloy:1:") {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	if !reflect.DeepEqual(a.components, before) || a.tool.Metrics.Get("alloy_config_last_load_successful", nil) != 0 {
		t.Error("the old configuration is gone, or the metric does not tell")
	}
	healthy := httptest.NewRecorder()
	a.Handler().ServeHTTP(healthy, httptest.NewRequest("GET", "/-/healthy", nil))
	if healthy.Code != 200 {
		t.Errorf("/-/healthy answered %d %s", healthy.Code, healthy.Body)
	}
}

func TestWhatAlloyRefusesIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a syntax error":           {"loki.write \"x\" {\n  endpoint {\n", "x.alloy:"},
		"an unknown component":     {`prometheus.nonsense "x" { }`, `cannot find the definition of component name "prometheus.nonsense"`},
		"a component with no name": {`loki.write { }`, "must have a label"},
		"the same name twice":      {"loki.write \"x\" { }\nloki.write \"x\" { }", "already declared at x.alloy:1"},
		"an unknown attribute":     {`loki.write "x" { endpoin = 1 }`, `unrecognized attribute name "endpoin"`},
		"a missing attribute":      {`loki.relabel "x" { }`, `missing required attribute "forward_to"`},
		"a reference to nothing":   {`loki.relabel "x" { forward_to = [loki.write.y.receiver] }`, `does not exist`},
		"a value of a wrong type":  {`loki.relabel "x" { forward_to = ["loki.write.y.receiver"] }`, "should be capsule, got string"},
		"a URL that is none":       {`loki.write "x" { endpoint { url = "nixmon:3100" } }`, "wanted http"},
		"two ways to log in":       {`loki.write "x" { endpoint { url = "http://a" bearer_token = "x" bearer_token_file = "y" } }`, "expected"},
		"a bad rule":               {`loki.relabel "x" { forward_to = [] rule { action = "keepp" } }`, "x.alloy:1"},
		"a bad duration":           {`loki.source.journal "x" { forward_to = [] max_age = "1 day" }`, "x.alloy:1"},
		"an unknown stage":         {"loki.process \"x\" {\n forward_to = []\n stage.regexx { }\n}", `stage.regexx`},
		"a bad log level":          {`logging { level = "loud" }`, "unrecognized log level"},
		"a secret as a label":      {"local.file \"s\" {\n filename = \"SECRET\"\n is_secret = true\n}\nloki.write \"x\" {\n external_labels = { a = local.file.s.content }\n}", "x.alloy:6"},
	} {
		secret := filepath.Join(t.TempDir(), "s")
		write(t, secret, "x")
		_, err := (&Alloy{tool: standin.New("alloy", "")}).Build(map[string][]byte{"x.alloy": []byte(strings.ReplaceAll(test.text, "SECRET", secret))})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.want)
		}
	}
}

func TestRelabelRulesWorkAsInPrometheus(t *testing.T) {
	for name, test := range map[string]struct {
		rule Rule
		want string
	}{
		"replace":            {Rule{SourceLabels: []string{"a", "b"}, Regex: "(.*);(.*)", TargetLabel: "c", Replacement: "$2-$1"}, `{a="1", b="2", c="2-1"}`},
		"replace, no match":  {Rule{SourceLabels: []string{"a"}, Regex: "x", TargetLabel: "c"}, `{a="1", b="2"}`},
		"replace with empty": {Rule{SourceLabels: []string{"none"}, TargetLabel: "b"}, `{a="1"}`},
		"keep":               {Rule{Action: "keep", SourceLabels: []string{"a"}, Regex: "[0-9]"}, `{a="1", b="2"}`},
		"keep, no match":     {Rule{Action: "keep", SourceLabels: []string{"a"}, Regex: "2"}, `dropped`},
		"drop, anchored":     {Rule{Action: "drop", SourceLabels: []string{"a"}, Regex: ""}, `{a="1", b="2"}`},
		"labelmap":           {Rule{Action: "labelmap", Regex: "(a)", Replacement: "x_$1"}, `{a="1", b="2", x_a="1"}`},
		"labeldrop":          {Rule{Action: "labeldrop", Regex: "a"}, `{b="2"}`},
		"labelkeep":          {Rule{Action: "labelkeep", Regex: "a"}, `{a="1"}`},
	} {
		rule := Rule{}
		rule.SetToDefault()
		merged := test.rule
		if merged.Separator == "" {
			merged.Separator = rule.Separator
		}
		if merged.Regex == "" && !strings.Contains(name, "anchored") {
			merged.Regex = rule.Regex
		}
		if merged.Replacement == "" {
			merged.Replacement = rule.Replacement
		}
		if merged.Action == "" {
			merged.Action = rule.Action
		}
		if err := merged.Validate(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := "dropped"
		if labels, keep := (Rules{&merged}).Apply(map[string]string{"a": "1", "b": "2"}); keep {
			got = push.LabelText(labels)
		}
		if got != test.want {
			t.Errorf("%s: got %s, wanted %s", name, got, test.want)
		}
	}
}

func TestFlagsMayFollowThePathAsNixOSWritesThem(t *testing.T) {
	flags := flag.NewFlagSet("x", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	listen := flags.String("server.http.listen-addr", "", "")
	path, err := parse(flags, []string{"/etc/alloy", "--server.http.listen-addr=10.0.0.1:12345"})
	if err != nil || path != "/etc/alloy" || *listen != "10.0.0.1:12345" {
		t.Errorf("got %q %q %v", path, *listen, err)
	}
	if _, err := parse(flags, []string{"/etc/alloy", "--nonsense"}); err == nil {
		t.Error("an unknown flag was accepted")
	}
	if _, err := parse(flags, nil); err == nil {
		t.Error("no path was accepted")
	}
}
