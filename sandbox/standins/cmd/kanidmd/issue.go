package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (k *Kanidm) token(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, reason, detail string) {
		k.tool.Log("warn", "token refused", "err", reason, "detail", detail)
		writeJSON(w, status, map[string]string{"error": reason, "error_description": detail})
	}
	name, secret, basic := r.BasicAuth()
	if basic {
		name, _ = url.QueryUnescape(name)
		secret, _ = url.QueryUnescape(secret)
	} else {
		name, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	client := k.client(name)
	if client == nil || (!client.Public && subtle.ConstantTimeCompare([]byte(secret), []byte(client.secret)) != 1) {
		fail(http.StatusUnauthorized, "invalid_client", "unknown client or wrong secret")
		return
	}
	if kind := r.PostFormValue("grant_type"); kind != "authorization_code" {
		fail(http.StatusBadRequest, "unsupported_grant_type", "this stand-in knows authorization_code only, found "+kind)
		return
	}
	code := r.PostFormValue("code")
	k.mu.Lock()
	g, known := k.codes[code]
	delete(k.codes, code) // a code is good once, also when the rest of the request is wrong
	k.mu.Unlock()
	switch sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier"))); {
	case !known || g.client != name || k.now().After(g.until):
		fail(http.StatusBadRequest, "invalid_grant", "the code is unknown, used, too old or another client's")
	case g.redirect != r.PostFormValue("redirect_uri"):
		fail(http.StatusBadRequest, "invalid_request", "redirect_uri is another than in the authorisation")
	case g.challenge != "" && g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		fail(http.StatusBadRequest, "invalid_request", "code_verifier does not fit the code_challenge")
	default:
		k.issue(w, client, g)
	}
}

const tokenLife = 15 * time.Minute

func (k *Kanidm) issue(w http.ResponseWriter, client *Client, g grant) {
	g.until = k.now().Add(tokenLife)
	access := random()
	k.mu.Lock()
	k.tokens[access] = g
	k.mu.Unlock()
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "scope": strings.Join(g.scopes, " ")}
	if slices.Contains(g.scopes, "openid") {
		idToken, err := client.key.sign(k.claims(client, g))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer["id_token"] = idToken
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, answer)
}

// claims is what the ID token and userinfo say about the user.
func (k *Kanidm) claims(client *Client, g grant) map[string]any {
	groups := k.memberOf(g.user)
	k.mu.Lock()
	person := *k.state.Persons[g.user]
	k.mu.Unlock()
	spn := g.user + "@" + k.config.Domain
	claims := map[string]any{
		"iss": k.config.Origin + "/oauth2/openid/" + g.client, "aud": g.client, "azp": g.client, "sub": uuid(k.config.Domain, "person", g.user),
		"iat": k.now().Unix(), "nbf": k.now().Unix(), "exp": g.until.Unix(), "name": person.DisplayName, "preferred_username": spn, "scopes": g.scopes,
	}
	if client.PreferShortUsername {
		claims["preferred_username"] = g.user
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	if slices.Contains(g.scopes, "email") && len(person.MailAddresses) > 0 {
		claims["email"], claims["email_verified"] = person.MailAddresses[0], true
	}
	// Kanidm names groups by uuid and spn, never by the short name that one would compare with.
	var list []string
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		if slices.Contains(g.scopes, "groups") {
			list = append(list, uuid(k.config.Domain, "group", group), group+"@"+k.config.Domain)
			continue
		}
		if slices.Contains(g.scopes, "groups_spn") {
			list = append(list, group+"@"+k.config.Domain)
		}
		if slices.Contains(g.scopes, "groups_name") {
			list = append(list, group)
		}
	}
	if list != nil {
		claims["groups"] = list
	}
	for claim, claimMap := range client.ClaimMaps {
		values := map[string]bool{}
		for group, given := range claimMap.ValuesByGroup {
			for _, value := range given {
				if groups[group] {
					values[value] = true
				}
			}
		}
		merged := slices.Sorted(maps.Keys(values))
		switch {
		case len(merged) == 0:
		case claimMap.JoinType == "csv":
			claims[claim] = strings.Join(merged, ",")
		case claimMap.JoinType == "ssv":
			claims[claim] = strings.Join(merged, " ")
		default:
			claims[claim] = merged
		}
	}
	return claims
}

func (k *Kanidm) userinfo(w http.ResponseWriter, r *http.Request) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name := r.PathValue("client")
	k.mu.Lock()
	g, known := k.tokens[bearer]
	stillThere := known && k.state.Persons[g.user] != nil
	k.mu.Unlock()
	client := k.client(name)
	if !stillThere || client == nil || g.client != name || k.now().After(g.until) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	writeJSON(w, http.StatusOK, k.claims(client, g))
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
