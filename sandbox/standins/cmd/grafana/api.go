package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

func (g *Grafana) listUsers(w http.ResponseWriter, _ *http.Request, _ User) {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []map[string]any{{"login": g.settings.AdminUser, "role": "Admin"}}
	for _, user := range g.users {
		if user.Login != g.settings.AdminUser {
			list = append(list, map[string]any{"login": user.Login, "email": user.Email, "name": user.Name, "role": user.Role})
		}
	}
	writeJSON(w, http.StatusOK, list)
}

func (g *Grafana) search(w http.ResponseWriter, r *http.Request, _ User) {
	list := []map[string]any{}
	for _, d := range g.content.Dashboards() {
		tagged := true
		for _, tag := range r.URL.Query()["tag"] {
			tagged = tagged && slices.Contains(d.Tags, tag)
		}
		if tagged && strings.Contains(strings.ToLower(d.Title), strings.ToLower(r.FormValue("query"))) {
			list = append(list, map[string]any{"uid": d.UID, "title": d.Title, "type": "dash-db", "url": g.path("d/" + d.UID), "tags": d.Tags, "folderTitle": d.Folder})
		}
	}
	writeJSON(w, http.StatusOK, list)
}

func (g *Grafana) find(uid string) (Dashboard, bool) {
	for _, d := range g.content.Dashboards() {
		if d.UID == uid {
			return d, true
		}
	}
	return Dashboard{}, false
}

func (g *Grafana) dashboard(w http.ResponseWriter, r *http.Request, _ User) {
	d, found := g.find(r.PathValue("uid"))
	if !found {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "Dashboard not found"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"dashboard": d.Model, "meta": map[string]any{"provisioned": true, "folderTitle": d.Folder, "url": g.path("d/" + d.UID)}})
}

func (g *Grafana) source(w http.ResponseWriter, r *http.Request) (Datasource, bool) {
	ds, found := g.content.Datasources[r.PathValue("uid")]
	if !found {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "Data source not found"})
	}
	return ds, found
}

func (g *Grafana) datasource(w http.ResponseWriter, r *http.Request, _ User) {
	if ds, found := g.source(w, r); found {
		writeJSON(w, http.StatusOK, ds)
	}
}

// probes is what the health check of a data source asks, per type.
var probes = map[string]string{"prometheus": "/api/v1/query?query=1%2B1", "loki": "/loki/api/v1/labels", "alertmanager": "/api/v2/status"}

func (g *Grafana) datasourceHealth(w http.ResponseWriter, r *http.Request, _ User) {
	ds, found := g.source(w, r)
	if !found {
		return
	}
	client := &http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(strings.TrimSuffix(ds.URL, "/") + probes[ds.Type])
	if err == nil {
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s answered %s", ds.URL, response.Status)
		}
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"status": "ERROR", "message": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "OK", "message": "Data source is working"})
}

func (g *Grafana) proxy(w http.ResponseWriter, r *http.Request, _ User) {
	ds, found := g.source(w, r)
	if !found {
		return
	}
	target, err := url.Parse(ds.URL)
	if err != nil || target.Host == "" {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "the data source has no URL"})
		return
	}
	count := func(status int) {
		g.tool.Metrics.Add("grafana_datasource_request_total", standin.Labels{"datasource": ds.Name, "datasource_type": ds.Type, "code": strconv.Itoa(status), "method": strings.ToLower(r.Method)}, 1)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(target)
			request.Out.URL.Path = strings.TrimSuffix(target.Path, "/") + "/" + r.PathValue("rest")
			request.Out.URL.RawPath = ""
			// Neither Grafana's cookies nor its password are for the data source.
			request.Out.Header.Del("Authorization")
			request.Out.Header.Del("Cookie")
		},
		ModifyResponse: func(response *http.Response) error {
			response.Header.Del("Server")
			count(response.StatusCode)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			count(http.StatusBadGateway)
			writeJSON(w, http.StatusBadGateway, map[string]string{"message": "Bad Gateway: " + err.Error()})
		},
	}
	proxy.ServeHTTP(w, r)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
