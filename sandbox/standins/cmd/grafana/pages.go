package main

import (
	"html/template"
	"net/http"
)

var pages = template.Must(template.New("").Parse(`
{{define "head"}}<!doctype html><html lang="en"><meta charset="utf-8"><title>Grafana (stand-in)</title>
<body style="font-family:sans-serif;max-width:60em;margin:2em auto"><p><strong>nixmon stand-in, not Grafana.</strong></p>{{end}}
{{define "login"}}{{template "head"}}<h1>Log in</h1>{{with .Error}}<p role="alert">{{.}}</p>{{end}}
{{if .Form}}<form method="post" action="{{.Root}}login"><label>User <input name="user"></label> <label>Password <input name="password" type="password"></label> <button>Log in</button></form>{{end}}
{{if .OAuth}}<p><a href="{{.Root}}login/generic_oauth">Sign in with {{.OAuth}}</a></p>{{end}}{{end}}
{{define "home"}}{{template "head"}}<p>{{.User.Login}}, {{.User.Role}}{{if .User.GrafanaAdmin}}, server administrator{{end}}. <a href="{{.Root}}logout">Log out</a></p><h1>Dashboards</h1>
<ul>{{range .Dashboards}}<li><a href="{{$.Root}}d/{{.UID}}">{{.Title}}</a></li>{{else}}<li>none</li>{{end}}</ul>{{end}}
{{define "dashboard"}}{{template "head"}}<h1>{{.Title}}</h1><p>The panels and their queries; this stand-in draws nothing.</p>
{{range .Panels}}<h2>{{.Title}}</h2>{{range .Queries}}<pre>{{.}}</pre>{{end}}{{end}}{{end}}`))

func (g *Grafana) loginPage(w http.ResponseWriter, r *http.Request) {
	if g.settings.OAuth.Enabled && g.settings.OAuth.AutoLogin && r.FormValue("error") == "" && r.FormValue("disableAutoLogin") == "" {
		http.Redirect(w, r, g.path("login/generic_oauth"), http.StatusFound)
		return
	}
	data := map[string]any{"Form": !g.settings.DisableLoginForm, "Error": r.FormValue("error"), "OAuth": "", "Root": g.path("")}
	if g.settings.OAuth.Enabled {
		data["OAuth"] = g.settings.OAuth.Name
	}
	g.render(w, "login", data)
}

func (g *Grafana) home(w http.ResponseWriter, _ *http.Request, user User) {
	g.render(w, "home", map[string]any{"User": user, "Dashboards": g.content.Dashboards(), "Root": g.path("")})
}

type panel struct {
	Title   string
	Queries []string
}

func (g *Grafana) dashboardPage(w http.ResponseWriter, r *http.Request, _ User) {
	d, found := g.find(r.PathValue("uid"))
	if !found {
		http.Error(w, "Dashboard not found", http.StatusNotFound)
		return
	}
	g.render(w, "dashboard", map[string]any{"Title": d.Title, "Panels": panels(d.Model)})
}

func panels(model map[string]any) (list []panel) {
	for _, item := range asList(model["panels"]) {
		fields, _ := item.(map[string]any)
		title, _ := fields["title"].(string)
		p := panel{Title: title}
		for _, target := range asList(fields["targets"]) {
			query, _ := target.(map[string]any)
			if text, ok := query["expr"].(string); ok {
				p.Queries = append(p.Queries, text)
			}
		}
		list = append(append(list, p), panels(fields)...)
	}
	return list
}

func (g *Grafana) render(w http.ResponseWriter, name string, data map[string]any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		g.tool.Log("error", "render", "page", name, "err", err)
	}
}
