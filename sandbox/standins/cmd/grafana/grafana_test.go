package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixmon/sandbox/standins/internal/standin"
)

const goodINI = `
[server]
http_addr = 127.0.0.1
http_port = 3000
root_url = https://grafana.sandbox.test/
[security]
secret_key = $__file{DIR/key}
admin_password = $__file{DIR/password}
[paths]
provisioning = DIR/provisioning
[auth.generic_oauth]
enabled = true
name = Kanidm
client_id = grafana
client_secret = $__file{DIR/oauth}
scopes = openid profile email groups
auth_url = https://auth.sandbox.test/ui/oauth2
token_url = IDP/token
api_url = IDP/userinfo
use_pkce = true
login_attribute_path = preferred_username
groups_attribute_path = groups
role_attribute_path = contains(grafana_role[*], 'GrafanaAdmin') && 'GrafanaAdmin' || contains(grafana_role[*], 'Admin') && 'Admin' || contains(grafana_role[*], 'Editor') && 'Editor' || contains(grafana_role[*], 'Viewer') && 'Viewer'
role_attribute_strict = true
allow_assign_grafana_admin = true
`

const datasources = `{"apiVersion":1,"datasources":[
 {"name":"Prometheus","type":"prometheus","uid":"prometheus","url":"PROM","isDefault":true},
 {"name":"Loki","type":"loki","uid":"loki","url":"http://127.0.0.1:3100"}]}`

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// load writes the whole configuration into a folder and reads it; more are old, new pairs for grafana.ini.
func load(t *testing.T, idp, prom string, more ...string) (*Settings, string, error) {
	t.Helper()
	dir := t.TempDir()
	text := strings.NewReplacer(more...).Replace(goodINI)
	if len(more) > 0 && text == goodINI {
		t.Fatalf("nothing to replace: %v", more)
	}
	write(t, filepath.Join(dir, "grafana.ini"), strings.NewReplacer("DIR", dir, "IDP", idp).Replace(text))
	write(t, filepath.Join(dir, "key"), "the key\n")
	write(t, filepath.Join(dir, "password"), "hunter2\n")
	write(t, filepath.Join(dir, "oauth"), "s3 cret/+\n")
	write(t, filepath.Join(dir, "provisioning/datasources/datasource.yaml"), strings.ReplaceAll(datasources, "PROM", prom))
	write(t, filepath.Join(dir, "provisioning/dashboards/dashboard.yaml"), `{"apiVersion":1,"providers":[{"name":"nixmon","type":"file","options":{"path":"`+dir+`/dashboards"}}]}`)
	write(t, filepath.Join(dir, "dashboards/host.json"), `{"uid":"host","title":"Host <b>","tags":["nixmon"],"panels":[{"title":"Row","panels":[{"title":"CPU","targets":[{"expr":"node_load1"},7]}]}]}`)
	settings, err := LoadSettings(filepath.Join(dir, "grafana.ini"), dir, nil)
	return settings, dir, err
}

func TestAGoodConfigurationIsReadWithItsSecrets(t *testing.T) {
	settings, dir, err := load(t, "https://auth.sandbox.test", "http://x")
	if err != nil {
		t.Fatal(err)
	}
	if settings.AdminPassword != "hunter2" || settings.OAuth.ClientSecret != "s3 cret/+" || settings.Provisioning != filepath.Join(dir, "provisioning") || len(settings.OAuth.Scopes) != 4 {
		t.Errorf("got %+v", settings)
	}
	t.Setenv("GF_SERVER_HTTP_PORT", "3001")
	settings, err = LoadSettings(filepath.Join(dir, "grafana.ini"), dir, map[string]string{"security.admin_user": "root"})
	if err != nil || settings.Port != 3001 || settings.AdminUser != "root" {
		t.Errorf("environment and arguments do not win: %+v %v", settings, err)
	}
}

func TestWhatGrafanaRefusesIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"no secret key":            {"secret_key = $__file{DIR/key}", "", "security.secret_key: missing"},
		"an unreadable secret":     {"DIR/key", "DIR/none", "security.secret_key: got error while expanding"},
		"an unreadable password":   {"DIR/password", "DIR/none", "security.admin_password: got error while expanding"},
		"a port that is none":      {"http_port = 3000", "http_port = web", "server.http_port"},
		"a port out of range":      {"http_port = 3000", "http_port = 70000", "server.http_port"},
		"no client id":             {"client_id = grafana", "", "client_id: missing"},
		"no auth URL":              {"auth_url = https://auth.sandbox.test/ui/oauth2", "", "auth_url: missing"},
		"no token URL":             {"token_url = IDP/token", "", "token_url: missing"},
		"a role path that is none": {"'GrafanaAdmin' ||", "'GrafanaAdmin' |||", "no JMESPath"},
		"a flag that is none":      {"use_pkce = true", "use_pkce = perhaps", "use_pkce"},
	} {
		_, _, err := load(t, "https://auth.sandbox.test", "http://x", test.old, test.new)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.want)
		}
	}
	if _, err := LoadSettings("/nonexistent/grafana.ini", "/", nil); err == nil {
		t.Error("no file was accepted")
	}
}

func TestBadDataSourcesAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"two defaults":     {`"uid":"loki",`, `"uid":"loki","isDefault":true,`, "only one data source can be marked as default"},
		"the same uid":     {`"uid":"loki"`, `"uid":"prometheus"`, "there twice"},
		"no type":          {`"type":"loki",`, ``, "name and type are wanted"},
		"an access method": {`"uid":"loki",`, `"uid":"loki","access":"magic",`, "wanted proxy or direct"},
		"broken YAML":      {`{"apiVersion"`, `{{"apiVersion"`, "yaml"},
	} {
		_, dir, err := load(t, "http://x", "http://x")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "provisioning/datasources/datasource.yaml"), strings.Replace(datasources, test.old, test.new, 1))
		if _, err := Provision(filepath.Join(dir, "provisioning")); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.want)
		}
	}
}

func TestBadDashboardsAreLeftOutAndTheRestIsLoaded(t *testing.T) {
	_, dir, err := load(t, "http://x", "http://x")
	if err != nil {
		t.Fatal(err)
	}
	content, err := Provision(filepath.Join(dir, "provisioning"))
	if err != nil || len(content.Scan()) != 0 {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "dashboards/broken.json"), `{`)
	write(t, filepath.Join(dir, "dashboards/twin.json"), `{"uid":"host","title":"Twin"}`)
	write(t, filepath.Join(dir, "dashboards/untitled.json"), `{"uid":"u"}`)
	if problems := content.Scan(); len(problems) != 3 || len(content.Dashboards()) != 1 {
		t.Errorf("got %v and %d dashboards", problems, len(content.Dashboards()))
	}
	if err := os.RemoveAll(filepath.Join(dir, "dashboards")); err != nil {
		t.Fatal(err)
	}
	if problems := content.Scan(); len(problems) != 1 {
		t.Errorf("a missing folder is not told: %v", problems)
	}
}

// idp is an identity provider that answers any code with the claims; it remembers what it was sent.
type idp struct {
	claims map[string]any
	form   url.Values
	id     string
	secret string
}

func (i *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/userinfo" {
		_ = json.NewEncoder(w).Encode(map[string]any{"sub": "1", "email": i.claims["email"]})
		return
	}
	_ = r.ParseForm()
	i.form = r.PostForm
	i.id, i.secret, _ = r.BasicAuth()
	payload, _ := json.Marshal(i.claims)
	_ = json.NewEncoder(w).Encode(map[string]string{"access_token": "a", "id_token": "x." + base64.RawURLEncoding.EncodeToString(payload) + ".y"})
}

func start(t *testing.T, provider http.Handler, more ...string) (*Grafana, *httptest.Server) {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "prometheus")
		fmt.Fprintf(w, `{"path":%q,"query":%q,"secret":%q}`, r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization")+r.Header.Get("Cookie"))
	}))
	t.Cleanup(upstream.Close)
	server := httptest.NewServer(provider)
	t.Cleanup(server.Close)
	settings, _, err := load(t, server.URL, upstream.URL+"/prom", more...)
	if err != nil {
		t.Fatal(err)
	}
	content, err := Provision(settings.Provisioning)
	if err != nil {
		t.Fatal(err)
	}
	g := &Grafana{tool: standin.New("grafana", "Grafana"), settings: settings, content: content}
	g.Rescan()
	web := httptest.NewServer(g.Handler())
	t.Cleanup(web.Close)
	return g, web
}

func get(t *testing.T, client *http.Client, address string) (*http.Response, string) {
	t.Helper()
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	buffer := make([]byte, 1<<16)
	for {
		n, err := response.Body.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			return response, text.String()
		}
	}
}

func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// login goes through the OAuth dance and gives the last redirect.
func login(t *testing.T, client *http.Client, web string) string {
	t.Helper()
	response, _ := get(t, client, web+"/login/generic_oauth")
	away, err := url.Parse(response.Header.Get("Location"))
	if err != nil || response.StatusCode != 302 {
		t.Fatal(response.Status, err)
	}
	response, _ = get(t, client, web+"/login/generic_oauth?code=c&state="+url.QueryEscape(away.Query().Get("state")))
	return response.Header.Get("Location")
}

func TestTheWayToTheIdentityProviderIsWhatItMustBe(t *testing.T) {
	_, web := start(t, &idp{})
	response, _ := get(t, browser(), web.URL+"/login/generic_oauth")
	away, err := url.Parse(response.Header.Get("Location"))
	if err != nil || away.Host != "auth.sandbox.test" || away.Path != "/ui/oauth2" {
		t.Fatalf("got %v %v", away, err)
	}
	for name, want := range map[string]string{"client_id": "grafana", "redirect_uri": "https://grafana.sandbox.test/login/generic_oauth", "response_type": "code", "scope": "openid profile email groups", "code_challenge_method": "S256"} {
		if got := away.Query().Get(name); got != want {
			t.Errorf("%s is %q, wanted %q", name, got, want)
		}
	}
	if len(away.Query().Get("code_challenge")) != 43 || away.Query().Get("state") == "" {
		t.Errorf("no challenge or state in %v", away)
	}
}

func TestRolesComeFromTheClaims(t *testing.T) {
	for name, test := range map[string]struct {
		roles any
		more  []string
		want  string
	}{
		"viewer":                              {[]string{"Viewer"}, nil, "Viewer false"},
		"the highest of several":              {[]string{"Viewer", "Editor"}, nil, "Editor false"},
		"server administrator":                {[]string{"GrafanaAdmin", "Viewer"}, nil, "Admin true"},
		"server administrator, not allowed":   {[]string{"GrafanaAdmin"}, []string{"allow_assign_grafana_admin = true", ""}, "Admin false"},
		"no role, strict":                     {nil, nil, "refused"},
		"a role that is none, strict":         {[]string{"Boss"}, nil, "refused"},
		"no role, not strict":                 {nil, []string{"role_attribute_strict = true", ""}, "Viewer false"},
		"no role, strict, with a Viewer tail": {[]string{"x"}, []string{"&& 'Viewer'\n", "&& 'Viewer' || 'Viewer'\n"}, "Viewer false"},
		"no sign up":                          {[]string{"Viewer"}, []string{"use_pkce = true", "use_pkce = true\nallow_sign_up = false"}, "refused"},
		"not in an allowed group":             {[]string{"Viewer"}, []string{"use_pkce = true", "use_pkce = true\nallowed_groups = staff"}, "refused"},
		"in an allowed group":                 {[]string{"Viewer"}, []string{"use_pkce = true", "use_pkce = true\nallowed_groups = grafana@sandbox.test"}, "Viewer false"},
	} {
		provider := &idp{claims: map[string]any{"preferred_username": "ada", "email": "ada@sandbox.test", "groups": []string{"grafana@sandbox.test"}}}
		if test.roles != nil {
			provider.claims["grafana_role"] = test.roles
		}
		g, web := start(t, provider, test.more...)
		client := browser()
		end := login(t, client, web.URL)
		got := "refused"
		if !strings.Contains(end, "error=") {
			var user User
			_, text := get(t, client, web.URL+"/api/user")
			_ = json.Unmarshal([]byte(text), &user)
			got = fmt.Sprint(user.Role, " ", user.GrafanaAdmin)
			if user.Login != "ada" {
				t.Errorf("%s: login is %q", name, user.Login)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %s (%s), wanted %s", name, got, end, test.want)
		}
		if failed := g.tool.Metrics.Get("grafana_authn_authn_failed_login_total", standin.Labels{"client": oauthClient}); (failed == 1) != (test.want == "refused") {
			t.Errorf("%s: %v failed logins are counted", name, failed)
		}
		if provider.id != "grafana" || provider.secret != url.QueryEscape("s3 cret/+") || provider.form.Get("code_verifier") == "" {
			t.Errorf("%s: the code was exchanged with %q %q %v", name, provider.id, provider.secret, provider.form)
		}
	}
}

func TestALoginWithoutEmailOrWithAForeignStateIsRefused(t *testing.T) {
	provider := &idp{claims: map[string]any{"preferred_username": "ada", "grafana_role": []string{"Viewer"}}}
	_, web := start(t, provider)
	if end := login(t, browser(), web.URL); !strings.Contains(end, "email") {
		t.Errorf("without an email: %s", end)
	}
	response, _ := get(t, browser(), web.URL+"/login/generic_oauth?code=c&state=made-up")
	if !strings.Contains(response.Header.Get("Location"), "error=") {
		t.Errorf("a made-up state: %s", response.Header.Get("Location"))
	}
	victim, thief := browser(), browser()
	response, _ = get(t, thief, web.URL+"/login/generic_oauth")
	away, _ := url.Parse(response.Header.Get("Location"))
	response, _ = get(t, victim, web.URL+"/login/generic_oauth?code=c&state="+away.Query().Get("state"))
	if !strings.Contains(response.Header.Get("Location"), "error=") {
		t.Error("a state of another browser was accepted")
	}
}

func TestTheAPIAnswersByRole(t *testing.T) {
	_, web := start(t, &idp{claims: map[string]any{"preferred_username": "ada", "email": "a@b", "grafana_role": []string{"Viewer"}}})
	viewer := browser()
	login(t, viewer, web.URL)
	admin := strings.Replace(web.URL, "http://", "http://admin:hunter2@", 1)
	wrong := strings.Replace(web.URL, "http://", "http://admin:hunter3@", 1)
	for name, test := range map[string]struct {
		client *http.Client
		url    string
		status int
		want   string
	}{
		"health for all":             {browser(), web.URL + "/api/health", 200, `"database":"ok"`},
		"metrics for all":            {browser(), web.URL + "/metrics", 200, "grafana_stat_totals_dashboard 1"},
		"search as nobody":           {browser(), web.URL + "/api/search", 401, "Unauthorized"},
		"search with wrong password": {browser(), wrong + "/api/search", 401, "Unauthorized"},
		"search as viewer":           {viewer, web.URL + "/api/search?tag=nixmon", 200, `"uid":"host"`},
		"search by another tag":      {viewer, web.URL + "/api/search?tag=x", 200, `[]`},
		"a dashboard":                {viewer, web.URL + "/api/dashboards/uid/host", 200, `"provisioned":true`},
		"no dashboard":               {viewer, web.URL + "/api/dashboards/uid/none", 404, "not found"},
		"data source as viewer":      {viewer, web.URL + "/api/datasources/uid/prometheus", 403, "permissions"},
		"data source as admin":       {browser(), admin + "/api/datasources/uid/prometheus", 200, `"isDefault":true`},
		"data sources as admin":      {browser(), admin + "/api/datasources", 200, `"uid":"loki"`},
		"data source health":         {viewer, web.URL + "/api/datasources/uid/prometheus/health", 200, "OK"},
		"proxy as viewer":            {viewer, web.URL + "/api/datasources/proxy/uid/prometheus/api/v1/query?query=up", 200, `{"path":"/prom/api/v1/query","query":"query=up","secret":""}`},
		"proxy as admin":             {browser(), admin + "/api/datasources/proxy/uid/prometheus/x", 200, `"secret":""`},
		"proxy as nobody":            {browser(), web.URL + "/api/datasources/proxy/uid/prometheus/x", 401, "Unauthorized"},
		"proxy to nothing":           {viewer, web.URL + "/api/datasources/proxy/uid/loki/ready", 502, "Bad Gateway"},
		"login page":                 {browser(), web.URL + "/login", 200, "Sign in with Kanidm"},
		"home as nobody":             {browser(), web.URL + "/", 302, ""},
		"home as viewer":             {viewer, web.URL + "/", 200, "Host &lt;b&gt;"},
		"dashboard page":             {viewer, web.URL + "/d/host/x", 200, "node_load1"},
	} {
		response, text := get(t, test.client, test.url)
		if response.StatusCode != test.status || !strings.Contains(text, test.want) || response.Header.Get("Server") != "nixmon-standin-grafana" {
			t.Errorf("%s: got %d %s %s, wanted %d %s", name, response.StatusCode, text, response.Header, test.status, test.want)
		}
	}
}

func TestTheLoginFormWorksAndCanBeOff(t *testing.T) {
	_, web := start(t, &idp{})
	client := browser()
	response, err := client.Post(web.URL+"/login", "application/json", strings.NewReader(`{"user":"admin","password":"hunter2"}`))
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
	if _, text := get(t, client, web.URL+"/api/user"); !strings.Contains(text, `"isGrafanaAdmin":true`) {
		t.Error(text)
	}
	if response, _ := client.PostForm(web.URL+"/login", url.Values{"user": {"admin"}, "password": {"x"}}); response.StatusCode != 401 {
		t.Errorf("a wrong password: %d", response.StatusCode)
	}
	_, web = start(t, &idp{}, "[paths]", "[auth]\ndisable_login_form = true\n[paths]")
	if _, text := get(t, browser(), web.URL+"/login"); strings.Contains(text, "<form") || !strings.Contains(text, "stand-in") {
		t.Error(text)
	}
	if response, _ := browser().Post(web.URL+"/login", "application/json", strings.NewReader(`{"user":"admin","password":"hunter2"}`)); response.StatusCode != 401 {
		t.Errorf("the form is off, but answers %d", response.StatusCode)
	}
}

func TestArgumentsAreReadAsGrafanaReadsThem(t *testing.T) {
	got, err := arguments([]string{"cfg:default.log.mode=console", "cfg:auth.generic_oauth.enabled=false"})
	if err != nil || got["log.mode"] != "console" || got["auth.generic_oauth.enabled"] != "false" {
		t.Errorf("got %v %v", got, err)
	}
	if _, err := arguments([]string{"nonsense"}); err == nil {
		t.Error("nonsense was accepted")
	}
}
