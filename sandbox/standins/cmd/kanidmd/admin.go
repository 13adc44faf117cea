package main

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
)

// admin adds the REST endpoints that `kanidm system oauth2` uses. They answer only with the token of
// --admin-token-file; changes live in memory and are gone after a restart or SIGHUP.
func (k *Kanidm) admin(mux *http.ServeMux) {
	guard := func(next func(w http.ResponseWriter, r *http.Request, client *Client)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if k.adminToken == "" || subtle.ConstantTimeCompare([]byte(bearer), []byte(k.adminToken)) != 1 {
				writeJSON(w, http.StatusUnauthorized, "notauthenticated")
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			k.mu.Lock()
			defer k.mu.Unlock()
			client := k.state.Systems.OAuth2[r.PathValue("client")]
			if client == nil && r.PathValue("client") != "" {
				writeJSON(w, http.StatusNotFound, "nomatchingentries")
				return
			}
			if group := r.PathValue("group"); group != "" && k.state.Groups[group] == nil {
				writeJSON(w, http.StatusNotFound, "nomatchingentries: group "+group)
				return
			}
			next(w, r, client)
		}
	}
	mux.HandleFunc("POST /v1/oauth2/_basic", guard(k.createClient))
	mux.HandleFunc("GET /v1/oauth2/{client}/_basic_secret", guard(func(w http.ResponseWriter, _ *http.Request, c *Client) {
		writeJSON(w, http.StatusOK, c.secret)
	}))
	mux.HandleFunc("DELETE /v1/oauth2/{client}", guard(func(w http.ResponseWriter, r *http.Request, _ *Client) {
		delete(k.state.Systems.OAuth2, r.PathValue("client"))
		writeJSON(w, http.StatusOK, nil)
	}))
	mux.HandleFunc("POST /v1/oauth2/{client}/_attr/oauth2_rs_origin", guard(values(func(r *http.Request, c *Client, list []string) { c.OriginURL = append(c.OriginURL, list...) })))
	mux.HandleFunc("POST /v1/oauth2/{client}/_scopemap/{group}", guard(values(func(r *http.Request, c *Client, list []string) { c.ScopeMaps[r.PathValue("group")] = list })))
	mux.HandleFunc("POST /v1/oauth2/{client}/_claimmap/{claim}/{group}", guard(values(func(r *http.Request, c *Client, list []string) {
		claim := r.PathValue("claim")
		if c.ClaimMaps[claim] == nil {
			c.ClaimMaps[claim] = &ClaimMap{JoinType: "array", ValuesByGroup: map[string][]string{}}
		}
		c.ClaimMaps[claim].ValuesByGroup[r.PathValue("group")] = list
	})))
}

// values reads a list of texts from the body and hands it on.
func values(apply func(r *http.Request, c *Client, list []string)) func(http.ResponseWriter, *http.Request, *Client) {
	return func(w http.ResponseWriter, r *http.Request, c *Client) {
		var list []string
		if err := json.NewDecoder(r.Body).Decode(&list); err != nil || len(list) == 0 {
			writeJSON(w, http.StatusBadRequest, "invalidattribute: wanted a list of texts")
			return
		}
		if c.ScopeMaps == nil {
			c.ScopeMaps = map[string][]string{}
		}
		if c.ClaimMaps == nil {
			c.ClaimMaps = map[string]*ClaimMap{}
		}
		apply(r, c, list)
		writeJSON(w, http.StatusOK, nil)
	}
}

func (k *Kanidm) createClient(w http.ResponseWriter, r *http.Request, _ *Client) {
	var body struct {
		Attrs map[string][]string `json:"attrs"`
	}
	err := json.NewDecoder(r.Body).Decode(&body)
	for _, name := range []string{"name", "displayname", "oauth2_rs_origin_landing"} {
		if len(body.Attrs[name]) != 1 {
			writeJSON(w, http.StatusBadRequest, "invalidattribute: wanted one value of "+name)
			return
		}
	}
	name := body.Attrs["name"][0]
	if err != nil || k.state.Systems.OAuth2[name] != nil {
		writeJSON(w, http.StatusBadRequest, "attruniqueness: "+name)
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
	k.state.Systems.OAuth2[name] = &Client{DisplayName: body.Attrs["displayname"][0], OriginLanding: body.Attrs["oauth2_rs_origin_landing"][0], secret: random(), key: key}
	writeJSON(w, http.StatusOK, nil)
}
