package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// Datasource is one provisioned data source.
type Datasource struct {
	Name      string         `yaml:"name" json:"name"`
	Type      string         `yaml:"type" json:"type"`
	UID       string         `yaml:"uid" json:"uid"`
	URL       string         `yaml:"url" json:"url"`
	Access    string         `yaml:"access" json:"access"`
	IsDefault bool           `yaml:"isDefault" json:"isDefault"`
	JSONData  map[string]any `yaml:"jsonData" json:"jsonData"`
	ReadOnly  bool           `yaml:"-" json:"readOnly"`
}

// Provider is one folder of dashboards.
type Provider struct {
	Name    string `yaml:"name"`
	Type    string `yaml:"type"`
	Folder  string `yaml:"folder"`
	Options struct {
		Path string `yaml:"path"`
	} `yaml:"options"`
}

// Dashboard is one loaded dashboard file.
type Dashboard struct {
	UID, Title, Folder string
	Tags               []string
	Model              map[string]any
}

// Provisioned is what the provisioning folder says.
type Provisioned struct {
	Datasources map[string]Datasource
	Providers   []Provider

	mu         sync.RWMutex
	dashboards map[string]Dashboard
}

func readYAML(folder string, into func(path string, text []byte) error) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if ext := filepath.Ext(entry.Name()); ext != ".yaml" && ext != ".yml" {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		text, err := os.ReadFile(path)
		if err == nil {
			err = into(path, text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// Provision reads data sources and dashboard providers; what is wrong there keeps Grafana from starting.
func Provision(folder string) (*Provisioned, error) {
	p := &Provisioned{Datasources: map[string]Datasource{}, dashboards: map[string]Dashboard{}}
	names, isDefault := map[string]bool{}, ""
	err := readYAML(filepath.Join(folder, "datasources"), func(_ string, text []byte) error {
		var file struct {
			Datasources []Datasource `yaml:"datasources"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			return err
		}
		for i, ds := range file.Datasources {
			if ds.Name == "" || ds.Type == "" {
				return fmt.Errorf("datasource provisioning error: datasources[%d]: name and type are wanted, found %q and %q", i, ds.Name, ds.Type)
			}
			if ds.Access == "" {
				ds.Access = "proxy"
			}
			if ds.Access != "proxy" && ds.Access != "direct" {
				return fmt.Errorf("datasource provisioning error: %s: access %q, wanted proxy or direct", ds.Name, ds.Access)
			}
			if ds.IsDefault && isDefault != "" {
				return fmt.Errorf("datasource provisioning error: only one data source can be marked as default, found %s and %s", isDefault, ds.Name)
			}
			if ds.IsDefault {
				isDefault = ds.Name
			}
			if ds.UID == "" {
				ds.UID = "P" + strings.ToUpper(ds.Name)
			}
			if _, twice := p.Datasources[ds.UID]; twice || names[ds.Name] {
				return fmt.Errorf("datasource provisioning error: uid %s or name %s is there twice", ds.UID, ds.Name)
			}
			var err error
			if ds.URL, err = expand(ds.URL); err != nil {
				return err
			}
			ds.ReadOnly = true
			names[ds.Name] = true
			p.Datasources[ds.UID] = ds
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = readYAML(filepath.Join(folder, "dashboards"), func(_ string, text []byte) error {
		var file struct {
			Providers []Provider `yaml:"providers"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			return err
		}
		for _, provider := range file.Providers {
			if provider.Options.Path == "" {
				return fmt.Errorf("failed to load dashboards of provider %q: options.path is missing", provider.Name)
			}
			p.Providers = append(p.Providers, provider)
		}
		return nil
	})
	return p, err
}

// Scan reads the dashboard files again. As in Grafana a bad file is left out and told, and the rest is loaded.
func (p *Provisioned) Scan() (problems []error) {
	found := map[string]Dashboard{}
	from := map[string]string{}
	for _, provider := range p.Providers {
		err := filepath.WalkDir(provider.Options.Path+"/", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				problems = append(problems, err)
				return nil
			}
			dashboard := Dashboard{Folder: provider.Folder}
			if err := json.Unmarshal(text, &dashboard.Model); err != nil {
				problems = append(problems, fmt.Errorf("failed to load dashboard %s: %w", path, err))
				return nil
			}
			dashboard.UID, _ = dashboard.Model["uid"].(string)
			dashboard.Title, _ = dashboard.Model["title"].(string)
			for _, tag := range asList(dashboard.Model["tags"]) {
				dashboard.Tags = append(dashboard.Tags, fmt.Sprint(tag))
			}
			if dashboard.UID == "" {
				dashboard.UID = strings.TrimSuffix(filepath.Base(path), ".json")
			}
			switch {
			case dashboard.Title == "":
				problems = append(problems, fmt.Errorf("failed to load dashboard %s: dashboard title cannot be empty", path))
			case len(dashboard.UID) > 40:
				problems = append(problems, fmt.Errorf("failed to load dashboard %s: uid %s is longer than 40 characters", path, dashboard.UID))
			case from[dashboard.UID] != "":
				problems = append(problems, fmt.Errorf("the same uid %s is used by %s and %s", dashboard.UID, from[dashboard.UID], path))
			default:
				from[dashboard.UID] = path
				found[dashboard.UID] = dashboard
			}
			return nil
		})
		if err != nil {
			problems = append(problems, fmt.Errorf("cannot read the dashboards of provider %q: %w", provider.Name, err))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dashboards = found
	return problems
}

// Dashboards is the loaded dashboards, sorted by title.
func (p *Provisioned) Dashboards() []Dashboard {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var all []Dashboard
	for _, dashboard := range p.dashboards {
		all = append(all, dashboard)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Title < all[j].Title })
	return all
}

func asList(value any) []any {
	items, _ := value.([]any)
	return items
}
