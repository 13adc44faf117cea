package main

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

// Grafana is the running stand-in.
type Grafana struct {
	tool     *standin.Tool
	settings *Settings
	content  *Provisioned

	lastProblems string

	mu       sync.Mutex
	sessions map[string]User
	logins   map[string]pending
	users    map[string]User
}

// pending is a login that the identity provider has not answered yet.
type pending struct {
	verifier string
	until    time.Time
}

const (
	formClient  = "auth.client.form"
	oauthClient = "auth.client.generic_oauth"
)

// Rescan reads the dashboards again and tells what it could not load.
func (g *Grafana) Rescan() {
	problems := g.content.Scan()
	// The files are read every ten seconds: each problem is told once, not each time.
	if err := errors.Join(problems...); err != nil && err.Error() != g.lastProblems {
		g.tool.Log("error", "dashboard provisioning", "err", err)
		g.lastProblems = err.Error()
	}
	g.tool.Metrics.Set("grafana_stat_totals_dashboard", nil, float64(len(g.content.Dashboards())))
	g.tool.Metrics.Set("grafana_stat_totals_datasource", nil, float64(len(g.content.Datasources)))
	g.tool.Metrics.Set("grafana_standin_dashboards_refused", nil, float64(len(problems)))
}

// Handler answers the endpoints of Grafana that the project uses.
func (g *Grafana) Handler() http.Handler {
	g.mu.Lock()
	g.sessions, g.logins, g.users = map[string]User{}, map[string]pending{}, map[string]User{}
	g.mu.Unlock()
	for _, client := range []string{formClient, oauthClient} {
		g.tool.Metrics.Add("grafana_authn_authn_failed_login_total", standin.Labels{"client": client}, 0)
		g.tool.Metrics.Add("grafana_authn_authn_successful_login_total", standin.Labels{"client": client}, 0)
	}
	g.tool.Metrics.Set("grafana_stat_total_users", nil, 1)
	mux := http.NewServeMux()
	for _, path := range []string{"/api/health", "/healthz"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusOK, map[string]string{"database": "ok", "version": standin.Version, "commit": "standin"})
		})
	}
	mux.HandleFunc("GET /login", g.loginPage)
	mux.HandleFunc("POST /login", g.login)
	mux.HandleFunc("GET /logout", g.logout)
	mux.HandleFunc("GET /login/generic_oauth", g.oauth)
	mux.HandleFunc("GET /{$}", g.page("Viewer", g.home))
	mux.HandleFunc("GET /d/{uid}", g.page("Viewer", g.dashboardPage))
	mux.HandleFunc("GET /d/{uid}/{slug}", g.page("Viewer", g.dashboardPage))
	mux.HandleFunc("GET /api/user", g.api("None", func(w http.ResponseWriter, _ *http.Request, user User) { writeJSON(w, http.StatusOK, user) }))
	mux.HandleFunc("GET /api/user/orgs", g.api("None", func(w http.ResponseWriter, _ *http.Request, user User) {
		writeJSON(w, http.StatusOK, []map[string]any{{"orgId": 1, "name": "Main Org.", "role": user.Role}})
	}))
	mux.HandleFunc("GET /api/org/users", g.api("Admin", g.listUsers))
	mux.HandleFunc("GET /api/search", g.api("Viewer", g.search))
	mux.HandleFunc("GET /api/dashboards/uid/{uid}", g.api("Viewer", g.dashboard))
	mux.HandleFunc("GET /api/datasources", g.api("Admin", func(w http.ResponseWriter, _ *http.Request, _ User) {
		list := []Datasource{}
		for _, ds := range g.content.Datasources {
			list = append(list, ds)
		}
		slices.SortFunc(list, func(a, b Datasource) int { return strings.Compare(a.Name, b.Name) })
		writeJSON(w, http.StatusOK, list)
	}))
	mux.HandleFunc("GET /api/datasources/uid/{uid}", g.api("Admin", g.datasource))
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", g.api("Viewer", g.datasourceHealth))
	mux.HandleFunc("/api/datasources/proxy/uid/{uid}/{rest...}", g.api("Viewer", g.proxy))
	return g.tool.Frame(mux, "grafana_http_request_duration_seconds", func(r *http.Request, route string, status int) standin.Labels {
		return standin.Labels{"handler": route, "method": r.Method, "status_code": strconv.Itoa(status), "status_source": "server"}
	})
}

var ranks = []string{"None", "Viewer", "Editor", "Admin"}

// who finds the user of a request: session cookie, basic auth of the administrator, or anonymous.
func (g *Grafana) who(r *http.Request) (User, bool) {
	if cookie, err := r.Cookie("grafana_session"); err == nil {
		g.mu.Lock()
		user, found := g.sessions[cookie.Value]
		g.mu.Unlock()
		if found {
			return user, true
		}
	}
	if name, password, given := r.BasicAuth(); given {
		return g.administrator(name, password)
	}
	if g.settings.AnonymousRole != "" {
		return User{Role: g.settings.AnonymousRole}, true
	}
	return User{}, false
}

func (g *Grafana) administrator(name, password string) (User, bool) {
	good := subtle.ConstantTimeCompare([]byte(name), []byte(g.settings.AdminUser)) & subtle.ConstantTimeCompare([]byte(password), []byte(g.settings.AdminPassword))
	return User{Login: name, Name: name, Email: "admin@localhost", Role: "Admin", GrafanaAdmin: true}, good == 1
}

func (g *Grafana) api(role string, next func(http.ResponseWriter, *http.Request, User)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, known := g.who(r)
		if !known {
			writeJSON(w, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
			return
		}
		if slices.Index(ranks, user.Role) < slices.Index(ranks, role) {
			writeJSON(w, http.StatusForbidden, map[string]string{"message": "You'll need additional permissions to perform this action."})
			return
		}
		next(w, r, user)
	}
}

func (g *Grafana) page(role string, next func(http.ResponseWriter, *http.Request, User)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, known := g.who(r); !known {
			http.Redirect(w, r, g.path("login"), http.StatusFound)
			return
		}
		g.api(role, next)(w, r)
	}
}

// path is a path of this Grafana as the browser knows it, below root_url's own path.
func (g *Grafana) path(name string) string {
	root, _ := url.Parse(g.settings.RootURL)
	return root.Path + name
}

func (g *Grafana) counted(client string, good bool) {
	name := "grafana_authn_authn_failed_login_total"
	if good {
		name = "grafana_authn_authn_successful_login_total"
	}
	g.tool.Metrics.Add(name, standin.Labels{"client": client}, 1)
}

func (g *Grafana) open(w http.ResponseWriter, user User) {
	key := random()
	g.mu.Lock()
	g.sessions[key] = user
	g.users[user.Login] = user
	g.tool.Metrics.Set("grafana_stat_total_users", nil, float64(len(g.users)+1))
	g.mu.Unlock()
	http.SetCookie(w, g.cookie("grafana_session", key))
}

func (g *Grafana) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: g.path(""), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: g.settings.CookieSecure}
}

func (g *Grafana) login(w http.ResponseWriter, r *http.Request) {
	if g.settings.DisableLoginForm {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"message": "Login is disabled"})
		return
	}
	var given struct{ User, Password string }
	isJSON := strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
	if isJSON {
		_ = json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&given)
	} else {
		given.User, given.Password = r.PostFormValue("user"), r.PostFormValue("password")
	}
	user, good := g.administrator(given.User, given.Password)
	g.counted(formClient, good)
	if !good {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"message": "Invalid username or password"})
		return
	}
	g.open(w, user)
	if isJSON {
		writeJSON(w, http.StatusOK, map[string]string{"message": "Logged in"})
		return
	}
	http.Redirect(w, r, g.path(""), http.StatusFound)
}

func (g *Grafana) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie("grafana_session"); err == nil {
		g.mu.Lock()
		delete(g.sessions, cookie.Value)
		g.mu.Unlock()
	}
	http.Redirect(w, r, g.path("login"), http.StatusFound)
}

// oauth is both ends of the login at the identity provider: without a code the way there, with one the way back.
func (g *Grafana) oauth(w http.ResponseWriter, r *http.Request) {
	o := &g.settings.OAuth
	if !o.Enabled {
		http.Error(w, "OAuth not enabled", http.StatusNotFound)
		return
	}
	refuse := func(reason string) {
		g.counted(oauthClient, false)
		g.tool.Log("warn", "login refused", "client", oauthClient, "err", reason)
		http.Redirect(w, r, g.path("login")+"?error="+url.QueryEscape(reason), http.StatusFound)
	}
	if reason := r.FormValue("error"); reason != "" {
		refuse("the identity provider answered " + reason + " " + r.FormValue("error_description"))
		return
	}
	code := r.FormValue("code")
	if code == "" {
		address, state, verifier := o.Begin(g.settings.RootURL)
		g.mu.Lock()
		for old, login := range g.logins {
			if time.Now().After(login.until) {
				delete(g.logins, old)
			}
		}
		g.logins[state] = pending{verifier, time.Now().Add(10 * time.Minute)}
		g.mu.Unlock()
		http.SetCookie(w, g.cookie("oauth_state", state))
		http.Redirect(w, r, address, http.StatusFound)
		return
	}
	state := r.FormValue("state")
	cookie, err := r.Cookie("oauth_state")
	g.mu.Lock()
	login, known := g.logins[state]
	delete(g.logins, state)
	g.mu.Unlock()
	if err != nil || !known || cookie.Value != state || time.Now().After(login.until) {
		refuse("[auth.oauth.state.invalid] missing or unknown oauth state")
		return
	}
	user, err := o.Finish(g.settings.RootURL, code, login.verifier, g.settings.DefaultRole)
	if err != nil {
		refuse(err.Error())
		return
	}
	g.mu.Lock()
	_, signedUp := g.users[user.Login]
	g.mu.Unlock()
	if !signedUp && !o.AllowSignUp {
		refuse("[user.sync.signup-disabled] sign up is disabled")
		return
	}
	g.counted(oauthClient, true)
	g.open(w, user)
	http.Redirect(w, r, g.path(""), http.StatusFound)
}
