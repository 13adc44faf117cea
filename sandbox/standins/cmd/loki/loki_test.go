package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

const good = `
auth_enabled: false
server: { http_listen_address: 127.0.0.1, http_listen_port: 3100 }
common: { path_prefix: DIR, replication_factor: 1, ring: { kvstore: { store: inmemory } } }
schema_config: { configs: [ { from: "2024-01-01", store: tsdb, object_store: filesystem, schema: v13, index: { prefix: index_, period: 24h } } ] }
storage_config: { filesystem: { directory: DIR/chunks } }
compactor: { working_directory: DIR/compactor, retention_enabled: true, delete_request_store: filesystem }
limits_config: { retention_period: 90d, reject_old_samples_max_age: 168h }
`

func load(t *testing.T, replacements ...string) (*Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	text := strings.NewReplacer(replacements...).Replace(good)
	if len(replacements) > 0 && text == good {
		t.Fatalf("nothing to replace: %v", replacements)
	}
	path := filepath.Join(dir, "loki.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := Load(path, false)
	return config, path, err
}

func start(t *testing.T, now time.Time, replacements ...string) *Loki {
	t.Helper()
	config, path, err := load(t, replacements...)
	if err == nil {
		err = config.startable()
	}
	if err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore(config.dataFolder())
	if err != nil {
		t.Fatal(err)
	}
	return &Loki{tool: standin.New("loki", "Grafana Loki"), config: config, configFile: path, store: store, now: func() time.Time { return now }}
}

func TestAGoodConfigurationIsAccepted(t *testing.T) {
	config, _, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := config.startable(); err != nil {
		t.Fatal(err)
	}
	if got := config.retention(nil); got != 90*24*time.Hour {
		t.Errorf("retention is %v", got)
	}
}

func TestWhatLokiRefusesIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"unknown top-level key":              {"auth_enabled:", "retention_enabled: true\nauth_enabled:", "field retention_enabled not found in loki.Config"},
		"unknown key in a section":           {"retention_period: 90d", "retention_periods: 90d", "field retention_periods not found in limits_config"},
		"unknown key in a schema period":     {"schema: v13", "scheme: v13", "field scheme not found in schema_config.configs"},
		"retention without a delete store":   {", delete_request_store: filesystem", "", "compactor.delete_request_store should be configured"},
		"retention below a day":              {"90d", "12h", "retention_period must be >= 24h"},
		"a duration that is none":            {"90d", "90x", "limits_config.retention_period: not a valid duration string"},
		"days where Go durations are wanted": {"retention_enabled: true", "retention_enabled: true, retention_delete_delay: 1d", "compactor.retention_delete_delay"},
		"an index period that is not a day":  {"period: 24h", "period: 168h", "needs 24h"},
		"an old schema":                      {"v13", "v12", "structured metadata needs schema v13"},
		"an unknown schema":                  {"v13", "v99", "invalid schema version"},
		"no schema at all":                   {"schema_config:", "query_range: {}\nruler:", "must specify at least one schema configuration"},
		"a port that is none":                {"3100", "99999", "is no port"},
		"a wrong type":                       {"3100", "[1]", "cannot unmarshal"},
		"broken YAML":                        {"auth_enabled: false", "auth_enabled: {", "failed parsing config"},
	} {
		_, _, err := load(t, test.old, test.new)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.want)
		}
	}
}

func TestALokiThatWouldWaitForConsulDoesNotStart(t *testing.T) {
	config, _, err := load(t, "store: inmemory", "store: consul")
	if err != nil {
		t.Fatal(err)
	}
	if err := config.startable(); err == nil || !strings.Contains(err.Error(), "common.ring.kvstore.store") {
		t.Errorf("got %v", err)
	}
}

var now = time.Unix(1_800_000_000, 0)

func send(l *Loki, kind, encoding string, body []byte, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest("POST", "/loki/api/v1/push", bytes.NewReader(body))
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Content-Encoding", encoding)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	l.Handler().ServeHTTP(answer, request)
	return answer
}

func jsonPush(at time.Time, labels, line string) []byte {
	return []byte(fmt.Sprintf(`{"streams":[{"stream":%s,"values":[["%d",%q]]}]}`, labels, at.UnixNano(), line))
}

func get(t *testing.T, l *Loki, path string, params ...string) map[string]any {
	t.Helper()
	query := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	answer := httptest.NewRecorder()
	l.Handler().ServeHTTP(answer, httptest.NewRequest("GET", path+"?"+query.Encode(), nil))
	var value map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &value); err != nil {
		return map[string]any{"error": answer.Body.String()}
	}
	data, ok := value["data"].(map[string]any)
	if !ok {
		return value
	}
	return data
}

func TestAllThreeFormsOfAPushArriveAndComeBackInAQuery(t *testing.T) {
	l := start(t, now)
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write(jsonPush(now.Add(-2*time.Second), `{"host":"a"}`, "two"))
	writer.Close()
	for _, answer := range []*httptest.ResponseRecorder{
		send(l, "application/json", "", jsonPush(now.Add(-3*time.Second), `{"host":"a"}`, "one")),
		send(l, "application/json; charset=utf-8", "gzip", zipped.Bytes()),
		send(l, "application/x-protobuf", "", push.Encode([]push.Stream{{Labels: map[string]string{"host": "a"}, Entries: []push.Entry{{Time: now.Add(-time.Second), Line: "three"}}}})),
		send(l, "application/json", "", jsonPush(now.Add(-3*time.Second), `{"host":"a"}`, "one")), // a repeat is dropped
	} {
		if answer.Code != 204 || answer.Header().Get("Server") != "nixmon-standin-loki" {
			t.Fatalf("push answered %d %s", answer.Code, answer.Body)
		}
	}
	text := fmt.Sprint(get(t, l, "/loki/api/v1/query_range", "query", `{host="a"}`, "direction", "forward")["result"])
	if strings.Count(text, "one") != 1 || !(strings.Index(text, "one") < strings.Index(text, "two") && strings.Index(text, "two") < strings.Index(text, "three")) {
		t.Errorf("got %s", text)
	}
	if got := fmt.Sprint(get(t, l, "/loki/api/v1/labels")["data"]); got != "[host service_name]" {
		t.Errorf("labels are %s", got)
	}
	if got := fmt.Sprint(get(t, l, "/loki/api/v1/label/host/values")["data"]); got != "[a]" {
		t.Errorf("values are %s", got)
	}
	if got := l.tool.Metrics.Get("loki_distributor_lines_received_total", standin.Labels{"tenant": "fake"}); got != 4 {
		t.Errorf("lines received: %v", got)
	}
}

func TestQueriesOfTheSubsetAreAnswered(t *testing.T) {
	l := start(t, now)
	for i := range 10 {
		unit := []string{"ssh.service", "cron.service"}[i%2]
		send(l, "application/json", "", jsonPush(now.Add(time.Duration(-i)*time.Minute), fmt.Sprintf(`{"host":"a","unit":%q}`, unit), fmt.Sprintf("line %d", i)))
	}
	for query, want := range map[string]string{
		`count_over_time({host="a"}[5m])`:                                "map[metric:map[host:a service_name:unknown_service unit:cron.service] value:[1.8e+09 2]] map[metric:map[host:a service_name:unknown_service unit:ssh.service] value:[1.8e+09 3]]",
		`sum(count_over_time({host="a"} |= "line" != "line 0" [5m]))`:    "map[metric:map[] value:[1.8e+09 4]]",
		`sum by (unit) (count_over_time({unit=~"ssh.*"} |~ "[24]"[1h]))`: "map[metric:map[unit:ssh.service] value:[1.8e+09 2]]",
		`sum(rate({host!="b",host=~".+"}[10s])) by (host)`:               "map[metric:map[host:a] value:[1.8e+09 0.1]]",
		`max(bytes_over_time({host="a"}[1h]))`:                           "map[metric:map[] value:[1.8e+09 30]]",
		"count(count_over_time({host=`a`}[1h]))":                         "map[metric:map[] value:[1.8e+09 2]]",
		`count_over_time({host="nobody"}[1h])`:                           "",
	} {
		if got := strings.Trim(fmt.Sprint(get(t, l, "/loki/api/v1/query", "query", query)["result"]), "[]"); got != strings.Trim(want, "[]") {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
	lines := fmt.Sprint(get(t, l, "/loki/api/v1/query_range", "query", `{host="a"} !~ "[0-3]"`, "limit", "2")["result"])
	if !strings.Contains(lines, "line 4") || !strings.Contains(lines, "line 5") || strings.Contains(lines, "line 6") {
		t.Errorf("the two newest lines were wanted, got %s", lines)
	}
	matrix := fmt.Sprint(get(t, l, "/loki/api/v1/query_range", "query", `sum(count_over_time({host="a"}[1m]))`, "start", "1799999880", "end", "1800000000", "step", "60")["result"])
	if matrix != "[map[metric:map[] values:[[1.79999988e+09 1] [1.79999994e+09 1] [1.8e+09 1]]]]" {
		t.Errorf("got %s", matrix)
	}
}

func TestQueriesThatLokiOrTheStandInCannotAnswerAreErrors(t *testing.T) {
	l := start(t, now)
	for query, want := range map[string]string{
		`{host="a"}`:                              "log queries are not supported as an instant query",
		`count_over_time({}[5m])`:                 "at least one regexp or equality matcher",
		`count_over_time({host=~".*"}[5m])`:       "at least one regexp or equality matcher",
		`count_over_time({host="a"})`:             "a range",
		`quantile_over_time({host="a"}[5m])`:      "stand-in",
		`count_over_time({host="a"} | json [5m])`: "stand-in",
		`count_over_time({host=~"("}[5m])`:        "parse error",
		``:                                        "parse error",
	} {
		if got := fmt.Sprint(get(t, l, "/loki/api/v1/query", "query", query)["error"]); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, wanted %q", query, got, want)
		}
	}
}

func TestSamplesThatAreTooOldOrTooNewAreRefusedAndTheRestKept(t *testing.T) {
	l := start(t, now)
	body := fmt.Sprintf(`{"streams":[{"stream":{"host":"a"},"values":[["%d","old"],["%d","good"],["%d","future"]]}]}`,
		now.Add(-200*time.Hour).UnixNano(), now.UnixNano(), now.Add(time.Hour).UnixNano())
	answer := send(l, "application/json", "", []byte(body))
	if answer.Code != 400 || !strings.Contains(answer.Body.String(), "has timestamp too old") {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	if got := fmt.Sprint(get(t, l, "/loki/api/v1/query", "query", `sum(count_over_time({host="a"}[30d]))`)["result"]); !strings.Contains(got, " 1]") {
		t.Errorf("one line was wanted, got %s", got)
	}
	if got := l.tool.Metrics.Get("loki_discarded_samples_total", standin.Labels{"reason": "greater_than_max_sample_age", "tenant": "fake"}); got != 1 {
		t.Errorf("discarded: %v", got)
	}
}

func TestPushesThatLokiWouldNotTakeAreRefused(t *testing.T) {
	body := jsonPush(now, `{"host":"a"}`, "x")
	if answer := send(start(t, now, "auth_enabled: false", "auth_enabled: true"), "application/json", "", body); answer.Code != 401 {
		t.Errorf("without a tenant: %d", answer.Code)
	}
	if answer := send(start(t, now, "auth_enabled: false", "auth_enabled: true"), "application/json", "", body, "X-Scope-OrgID", "x"); answer.Code != 204 {
		t.Errorf("with a tenant: %d", answer.Code)
	}
	if answer := send(start(t, now, "replication_factor: 1, ", ""), "application/json", "", body); answer.Code != 500 || !strings.Contains(answer.Body.String(), "live replicas") {
		t.Errorf("with three replicas: %d %s", answer.Code, answer.Body)
	}
	if answer := send(start(t, now), "application/json", "", jsonPush(now, `{}`, "x")); answer.Code != 400 {
		t.Errorf("without labels: %d", answer.Code)
	}
	if answer := send(start(t, now), "application/x-protobuf", "", []byte("no snappy")); answer.Code != 400 {
		t.Errorf("garbage: %d", answer.Code)
	}
}

func TestLinesOutliveARestartAndRetentionDeletesThem(t *testing.T) {
	l := start(t, now, "limits_config: {", "limits_config: { retention_stream: [ { selector: '{host=\"short\"}', priority: 1, period: 24h } ],")
	send(l, "application/json", "", jsonPush(now, `{"host":"short"}`, "x"))
	send(l, "application/json", "", jsonPush(now, `{"host":"long"}`, "y"))
	again, err := OpenStore(l.config.dataFolder())
	if err != nil || again.Count() != 2 {
		t.Fatalf("after a restart: %v streams, %v", again.Count(), err)
	}
	l.store = again
	later := now.Add(25 * time.Hour)
	l.now = func() time.Time { return later }
	l.Compact()
	if got := l.store.Count(); got != 1 {
		t.Errorf("%d streams are left, wanted the long one", got)
	}
	if got := l.tool.Metrics.Get(retentionRun, nil); got != float64(later.Unix()) {
		t.Errorf("last retention run %v", got)
	}
	if again, err = OpenStore(l.config.dataFolder()); err != nil || again.Count() != 1 {
		t.Errorf("the file still holds %d streams, %v", again.Count(), err)
	}
}

func TestStructuredMetadataIsKeptAndAnsweredAsLabels(t *testing.T) {
	body := push.Encode([]push.Stream{{Labels: map[string]string{"job": "caddy"}, Entries: []push.Entry{{Time: now, Line: "x", Metadata: map[string]string{"status": "500"}}}}})
	l := start(t, now)
	if answer := send(l, "application/x-protobuf", "", body); answer.Code != 204 {
		t.Fatal(answer.Body)
	}
	again, err := OpenStore(l.config.dataFolder())
	if err != nil {
		t.Fatal(err)
	}
	l.store = again
	l.now = func() time.Time { return now.Add(time.Second) }
	if got := fmt.Sprint(get(t, l, "/loki/api/v1/query_range", "query", `{job="caddy"}`)["result"]); !strings.Contains(got, "status:500") {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(get(t, l, "/loki/api/v1/labels")["data"]); strings.Contains(got, "status") {
		t.Errorf("it became a label of the stream: %s", got)
	}
	off := start(t, now, "limits_config: {", "limits_config: { allow_structured_metadata: false,")
	if answer := send(off, "application/x-protobuf", "", body); answer.Code != 400 {
		t.Errorf("where it is off: %d", answer.Code)
	}
}

func TestTheMemoryIsBounded(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		err := store.Append([]push.Stream{{Labels: map[string]string{"a": "b"}, Entries: []push.Entry{{Time: now.Add(time.Duration(i)), Line: strings.Repeat("x", 1<<20)}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if store.bytes > maxBytes {
		t.Errorf("%d bytes are kept", store.bytes)
	}
	if newest := store.Select(nil, now.Add(99), now.Add(100)); len(newest) != 1 {
		t.Errorf("the newest line is gone")
	}
}
