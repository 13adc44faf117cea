package main

import (
	"crypto/subtle"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

// Kanidm is the running stand-in.
type Kanidm struct {
	tool      *standin.Tool
	config    *Config
	passwords map[string]string // of persons; who has none cannot log in
	accounts  map[string]right  // token of a service account -> what it may do at the REST endpoints
	now       func() time.Time

	mu     sync.Mutex
	state  *Provision
	codes  map[string]grant
	tokens map[string]grant
}

// grant is what a user allowed a client: first behind a code, then behind tokens.
type grant struct {
	client, user, redirect, challenge, nonce string
	scopes                                   []string
	until                                    time.Time
}

// Handler answers the endpoints of Kanidm that the project uses.
func (k *Kanidm) Handler() http.Handler {
	k.codes, k.tokens = map[string]grant{}, map[string]grant{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, true) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, k.tool.Banner()) })
	mux.HandleFunc("GET /oauth2/openid/{client}/.well-known/openid-configuration", k.discovery)
	mux.HandleFunc("GET /oauth2/openid/{client}/public_key.jwk", k.publicKey)
	mux.HandleFunc("GET /oauth2/openid/{client}/userinfo", k.userinfo)
	mux.HandleFunc("POST /oauth2/openid/{client}/userinfo", k.userinfo)
	mux.HandleFunc("GET /ui/oauth2", k.authorise)
	mux.HandleFunc("POST /ui/oauth2", k.authorise)
	mux.HandleFunc("POST /oauth2/token", k.token)
	k.admin(mux)
	return k.tool.Frame(mux, "kanidmd_standin_http_request_duration_seconds", func(r *http.Request, route string, status int) standin.Labels {
		return standin.Labels{"method": r.Method, "route": route, "status_code": strconv.Itoa(status)}
	})
}

// Replace puts a freshly read state in place; tokens that are out stay good, as with a database.
func (k *Kanidm) Replace(state *Provision) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, client := range state.Systems.OAuth2 {
		if old := k.state.Systems.OAuth2[name]; old != nil {
			client.key = old.key
			if client.BasicSecretFile == "" {
				client.secret = old.secret // one that the server made itself
			}
		}
	}
	for name, client := range k.state.Systems.OAuth2 {
		if client.byAPI && state.Systems.OAuth2[name] == nil {
			if state.Systems.OAuth2 == nil {
				state.Systems.OAuth2 = map[string]*Client{}
			}
			state.Systems.OAuth2[name] = client
		}
	}
	k.state = state
}

func (k *Kanidm) client(name string) *Client {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.Systems.OAuth2[name]
}

// memberOf is every group of a user, also by groups within groups.
func (k *Kanidm) memberOf(user string) map[string]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	groups := map[string]bool{}
	if person := k.state.Persons[user]; person != nil {
		for _, group := range person.Groups {
			groups[group] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for name, group := range k.state.Groups {
			if groups[name] {
				continue
			}
			for _, member := range group.Members {
				short, _, _ := strings.Cut(member, "@")
				if short == user || groups[short] {
					groups[name], changed = true, true
				}
			}
		}
	}
	return groups
}

func (k *Kanidm) discovery(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("client")
	if k.client(name) == nil {
		http.NotFound(w, r)
		return
	}
	issuer := k.config.Origin + "/oauth2/openid/" + name
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": issuer, "authorization_endpoint": k.config.Origin + "/ui/oauth2", "token_endpoint": k.config.Origin + "/oauth2/token",
		"userinfo_endpoint": issuer + "/userinfo", "jwks_uri": issuer + "/public_key.jwk",
		"scopes_supported": k.scopesOf(name), "response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"},
		"grant_types_supported": []string{"authorization_code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	})
}

func (k *Kanidm) scopesOf(name string) []string {
	all := map[string]bool{}
	for _, scopes := range k.client(name).ScopeMaps {
		for _, scope := range scopes {
			all[scope] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (k *Kanidm) publicKey(w http.ResponseWriter, r *http.Request) {
	client := k.client(r.PathValue("client"))
	if client == nil {
		http.NotFound(w, r)
		return
	}
	key, err := client.key.jwk()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{key}})
}

var form = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Kanidm (stand-in)</title>
<body style="font-family:sans-serif;max-width:40em;margin:2em auto"><p><strong>nixmon stand-in, not Kanidm.</strong></p>
<h1>Log in to proceed to {{.Client}}</h1>{{if .Wrong}}<p role="alert">{{.Wrong}}</p>{{end}}
<form method="post"><p><label>Username <input name="user" value="{{.User}}" autocomplete="username" autofocus></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label> <p><button>Proceed</button></form>`))

func (k *Kanidm) ask(w http.ResponseWriter, status int, client *Client, user, wrong string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = form.Execute(w, map[string]any{"Client": client.DisplayName, "User": user, "Wrong": wrong})
}

// authorise checks the request before it asks for a user: a request with a wrong redirect must never be sent on.
func (k *Kanidm) authorise(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	name := q.Get("client_id")
	client := k.client(name)
	switch {
	case client == nil:
		k.refuse(w, http.StatusBadRequest, "InvalidClientId: there is no OAuth2 client %q", name)
		return
	case !slices.Contains(client.OriginURL, q.Get("redirect_uri")):
		k.refuse(w, http.StatusBadRequest, "InvalidOrigin: redirect_uri %q is not registered; registered is %s (exact match)", q.Get("redirect_uri"), strings.Join(client.OriginURL, ", "))
		return
	case q.Get("response_type") != "code":
		k.refuse(w, http.StatusBadRequest, "UnsupportedResponseType: %q, wanted code", q.Get("response_type"))
		return
	case q.Get("code_challenge") == "" && !client.InsecureNoPKCE:
		k.refuse(w, http.StatusBadRequest, "InvalidRequest: PKCE is required, but code_challenge is missing")
		return
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		k.refuse(w, http.StatusBadRequest, "InvalidRequest: code_challenge_method %q, wanted S256", q.Get("code_challenge_method"))
		return
	}
	user, _, _ := strings.Cut(r.PostFormValue("user"), "@")
	if r.Method == http.MethodGet || user == "" {
		k.ask(w, http.StatusOK, client, user, "")
		return
	}
	if !k.knows(user, r.PostFormValue("password")) {
		// the same words for an unknown name: who guesses learns nothing
		k.tool.Log("warn", "login refused", "user", user, "err", "unknown person, wrong password, or a person without one")
		k.ask(w, http.StatusUnauthorized, client, user, "Invalid username or password")
		return
	}
	granted, missing := k.scopes(client, user, strings.Fields(q.Get("scope")))
	if len(missing) > 0 {
		k.refuse(w, http.StatusForbidden, "AccessDenied: %s may not have the scopes %s: they are in no scope map of a group of theirs", user, strings.Join(missing, " "))
		return
	}
	code := random()
	k.mu.Lock()
	k.codes[code] = grant{name, user, q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce"), granted, k.now().Add(time.Minute)}
	k.mu.Unlock()
	target, _ := url.Parse(q.Get("redirect_uri"))
	answer := target.Query()
	answer.Set("code", code)
	if state := q.Get("state"); state != "" {
		answer.Set("state", state)
	}
	target.RawQuery = answer.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// knows tells whether a person has this password.
func (k *Kanidm) knows(user, password string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	want, has := k.passwords[user]
	return k.state.Persons[user] != nil && has && subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
}

func (k *Kanidm) refuse(w http.ResponseWriter, status int, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	k.tool.Log("warn", "authorisation refused", "err", reason)
	http.Error(w, reason, status)
}

// scopes gives what a user may have of the wanted scopes; a client that asks for more than that is refused as a whole.
func (k *Kanidm) scopes(client *Client, user string, wanted []string) (granted, missing []string) {
	groups := k.memberOf(user)
	allowed, extra := map[string]bool{}, map[string]bool{}
	for group, scopes := range client.ScopeMaps {
		for _, scope := range scopes {
			allowed[scope] = allowed[scope] || groups[group]
		}
	}
	for group, scopes := range client.SupplementaryScopes {
		for _, scope := range scopes {
			extra[scope] = extra[scope] || groups[group]
		}
	}
	if len(wanted) == 0 {
		return nil, []string{"(none was asked for)"}
	}
	for _, scope := range wanted {
		if !allowed[scope] {
			missing = append(missing, scope)
		}
		granted = append(granted, scope)
	}
	for scope, has := range extra {
		if has && !slices.Contains(granted, scope) {
			granted = append(granted, scope)
		}
	}
	sort.Strings(granted)
	return granted, missing
}
