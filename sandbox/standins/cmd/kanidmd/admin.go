package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// admin adds the REST endpoints that `kanidm system oauth2` uses, for the service accounts of --tokens. What they change lives in
// memory; provisioning (a restart or SIGHUP) keeps the clients that it does not name, as kanidm-provision without autoRemove does,
// but a restart forgets them.
func (k *Kanidm) admin(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1/oauth2/_basic", k.guard(readWrite, k.createClient))
	mux.HandleFunc("GET /v1/oauth2/{client}", k.guard(readOnly, func(w http.ResponseWriter, r *http.Request) {
		// what is not there, or not to be seen, is null and no error
		if client := k.state.Systems.OAuth2[r.PathValue("client")]; client != nil {
			writeJSON(w, http.StatusOK, k.entry(r.PathValue("client"), client))
			return
		}
		writeJSON(w, http.StatusOK, nil)
	}))
	mux.HandleFunc("GET /v1/oauth2/{client}/_basic_secret", k.guard(readOnly, k.on(func(w http.ResponseWriter, _ *http.Request, c *Client) {
		writeJSON(w, http.StatusOK, c.secret)
	})))
	mux.HandleFunc("PATCH /v1/oauth2/{client}", k.guard(readWrite, k.on(k.patchClient)))
	mux.HandleFunc("DELETE /v1/oauth2/{client}", k.guard(readWrite, k.on(func(w http.ResponseWriter, r *http.Request, _ *Client) {
		delete(k.state.Systems.OAuth2, r.PathValue("client"))
		writeJSON(w, http.StatusOK, nil)
	})))
	mux.HandleFunc("POST /v1/oauth2/{client}/_attr/oauth2_rs_origin", k.guard(readWrite, k.on(values(func(r *http.Request, c *Client, list []string) {
		for _, origin := range list {
			if !slices.Contains(c.OriginURL, origin) {
				c.OriginURL = append(c.OriginURL, origin)
			}
		}
	}))))
	mux.HandleFunc("DELETE /v1/oauth2/{client}/_attr/oauth2_rs_origin", k.guard(readWrite, k.on(values(func(r *http.Request, c *Client, list []string) {
		c.OriginURL = slices.DeleteFunc(c.OriginURL, func(origin string) bool { return slices.Contains(list, origin) })
	}))))
	mux.HandleFunc("POST /v1/oauth2/{client}/_scopemap/{group}", k.guard(readWrite, k.on(k.forGroup(values(func(r *http.Request, c *Client, list []string) {
		c.ScopeMaps[short(r.PathValue("group"))] = list
	})))))
	mux.HandleFunc("DELETE /v1/oauth2/{client}/_scopemap/{group}", k.guard(readWrite, k.on(k.forGroup(func(w http.ResponseWriter, r *http.Request, c *Client) {
		delete(c.ScopeMaps, short(r.PathValue("group")))
		writeJSON(w, http.StatusOK, nil)
	}))))
	mux.HandleFunc("POST /v1/oauth2/{client}/_claimmap/{claim}/{group}", k.guard(readWrite, k.on(k.forGroup(values(func(r *http.Request, c *Client, list []string) {
		claim := r.PathValue("claim")
		if c.ClaimMaps[claim] == nil {
			c.ClaimMaps[claim] = &ClaimMap{JoinType: "array", ValuesByGroup: map[string][]string{}}
		}
		c.ClaimMaps[claim].ValuesByGroup[short(r.PathValue("group"))] = list
	})))))
	mux.HandleFunc("DELETE /v1/oauth2/{client}/_claimmap/{claim}/{group}", k.guard(readWrite, k.on(k.forGroup(func(w http.ResponseWriter, r *http.Request, c *Client) {
		if claimMap := c.ClaimMaps[r.PathValue("claim")]; claimMap != nil {
			delete(claimMap.ValuesByGroup, short(r.PathValue("group")))
		}
		writeJSON(w, http.StatusOK, nil)
	}))))
}

type handler = func(w http.ResponseWriter, r *http.Request, client *Client)

// guard lets a service account through that may do at least this much, one at a time.
func (k *Kanidm) guard(least right, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		may, known := k.accounts[bearer]
		switch {
		case !known:
			writeJSON(w, http.StatusUnauthorized, "notauthenticated")
		case least == readWrite && may != readWrite:
			writeJSON(w, http.StatusForbidden, "accessdenied")
		case may == noRight:
			writeJSON(w, http.StatusOK, nil)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			k.mu.Lock()
			defer k.mu.Unlock()
			next(w, r)
		}
	}
}

// on finds the client that the path names.
func (k *Kanidm) on(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		client := k.state.Systems.OAuth2[r.PathValue("client")]
		if client == nil {
			writeJSON(w, http.StatusNotFound, "nomatchingentries")
			return
		}
		next(w, r, client)
	}
}

func (k *Kanidm) forGroup(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, c *Client) {
		if k.state.Groups[short(r.PathValue("group"))] == nil {
			writeJSON(w, http.StatusNotFound, "nomatchingentries")
			return
		}
		next(w, r, c)
	}
}

func short(spn string) string {
	name, _, _ := strings.Cut(spn, "@")
	return name
}

// values reads a list of texts from the body and hands it on.
func values(apply func(r *http.Request, c *Client, list []string)) handler {
	return func(w http.ResponseWriter, r *http.Request, c *Client) {
		var list []string
		if err := json.NewDecoder(r.Body).Decode(&list); err != nil || len(list) == 0 {
			writeJSON(w, http.StatusBadRequest, "invalidattribute: wanted a list of texts")
			return
		}
		c.fill()
		apply(r, c, list)
		writeJSON(w, http.StatusOK, nil)
	}
}

func (c *Client) fill() {
	if c.ScopeMaps == nil {
		c.ScopeMaps = map[string][]string{}
	}
	if c.ClaimMaps == nil {
		c.ClaimMaps = map[string]*ClaimMap{}
	}
}

// Entry is Kanidm's form of anything: attributes with their values as text.
type Entry struct {
	Attrs map[string][]string `json:"attrs"`
}

func (k *Kanidm) entry(name string, c *Client) Entry {
	attrs := map[string][]string{"name": {name}, "displayname": {c.DisplayName}, "oauth2_rs_origin_landing": {c.OriginLanding}}
	if c.description != "" {
		attrs["description"] = []string{c.description}
	}
	if len(c.OriginURL) > 0 {
		attrs["oauth2_rs_origin"] = c.OriginURL
	}
	for _, group := range slices.Sorted(maps.Keys(c.ScopeMaps)) {
		scopes, _ := json.Marshal(c.ScopeMaps[group])
		attrs["oauth2_rs_scope_map"] = append(attrs["oauth2_rs_scope_map"], fmt.Sprintf("%s@%s: {%s}", group, k.config.Domain, strings.Trim(string(scopes), "[]")))
	}
	for _, claim := range slices.Sorted(maps.Keys(c.ClaimMaps)) {
		for _, group := range slices.Sorted(maps.Keys(c.ClaimMaps[claim].ValuesByGroup)) {
			list := strings.Join(c.ClaimMaps[claim].ValuesByGroup[group], ",")
			attrs["oauth2_rs_claim_map"] = append(attrs["oauth2_rs_claim_map"], fmt.Sprintf("%s:%s@%s:;:%q", claim, group, k.config.Domain, list))
		}
	}
	return Entry{attrs}
}

func (k *Kanidm) createClient(w http.ResponseWriter, r *http.Request) {
	var body Entry
	err := json.NewDecoder(r.Body).Decode(&body)
	for _, name := range []string{"name", "displayname", "oauth2_rs_origin_landing"} {
		if len(body.Attrs[name]) != 1 {
			writeJSON(w, http.StatusBadRequest, "invalidattribute: wanted one value of "+name)
			return
		}
	}
	name := body.Attrs["name"][0]
	if err != nil || k.state.Systems.OAuth2[name] != nil {
		writeJSON(w, http.StatusConflict, "attruniqueness: "+name)
		return
	}
	key, err := newSigner()
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, err.Error())
		return
	}
	if k.state.Systems.OAuth2 == nil {
		k.state.Systems.OAuth2 = map[string]*Client{}
	}
	// As with Kanidm, the landing page alone is no redirect: that is added by its own request.
	client := &Client{secret: random(), key: key, byAPI: true}
	k.state.Systems.OAuth2[name] = client
	client.set(body.Attrs)
	writeJSON(w, http.StatusOK, nil)
}

// set takes over attributes that have one value.
func (c *Client) set(attrs map[string][]string) {
	for name, list := range attrs {
		value := strings.Join(list, "")
		switch name {
		case "displayname":
			c.DisplayName = value
		case "description":
			c.description = value
		case "oauth2_rs_origin_landing":
			c.OriginLanding = value
		case "oauth2_prefer_short_username":
			c.PreferShortUsername = value == "true"
		case "oauth2_rs_basic_secret":
			c.secret = random() // an empty value is how Kanidm is asked for another one
		}
	}
}

func (k *Kanidm) patchClient(w http.ResponseWriter, r *http.Request, c *Client) {
	var body Entry
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		writeJSON(w, http.StatusBadRequest, "emptyrequest")
		return
	}
	if len(body.Attrs["oauth2_rs_basic_secret"]) > 0 {
		writeJSON(w, http.StatusForbidden, "accessdenied") // nobody can choose a secret
		return
	}
	c.set(body.Attrs)
	writeJSON(w, http.StatusOK, nil)
}
