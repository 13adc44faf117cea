package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"nixmon/sandbox/standins/internal/standin"
)

// Config is the part of loki.yaml that the stand-in acts on.
type Config struct {
	AuthEnabled bool          `yaml:"auth_enabled"`
	Target      string        `yaml:"target"`
	Server      serverConfig  `yaml:"server"`
	Common      commonConfig  `yaml:"common"`
	Schema      schemaConfig  `yaml:"schema_config"`
	Storage     storageConfig `yaml:"storage_config"`
	Compactor   struct {
		WorkingDirectory   string        `yaml:"working_directory"`
		CompactionInterval time.Duration `yaml:"compaction_interval"`
		RetentionEnabled   bool          `yaml:"retention_enabled"`
		DeleteRequestStore string        `yaml:"delete_request_store"`
	} `yaml:"compactor"`
	Limits   limitsConfig `yaml:"limits_config"`
	Ingester struct {
		Lifecycler struct {
			Ring struct {
				KVStore           kvStore `yaml:"kvstore"`
				ReplicationFactor int     `yaml:"replication_factor"`
			} `yaml:"ring"`
		} `yaml:"lifecycler"`
	} `yaml:"ingester"`
	Memberlist struct {
		JoinMembers []string `yaml:"join_members"`
	} `yaml:"memberlist"`
}

type kvStore struct {
	Store string `yaml:"store"`
}

type serverConfig struct {
	Address    string `yaml:"http_listen_address"`
	Port       int    `yaml:"http_listen_port"`
	PathPrefix string `yaml:"http_path_prefix"`
}

type commonConfig struct {
	PathPrefix string `yaml:"path_prefix"`
	Storage    struct {
		Filesystem struct {
			ChunksDirectory string `yaml:"chunks_directory"`
			RulesDirectory  string `yaml:"rules_directory"`
		} `yaml:"filesystem"`
	} `yaml:"storage"`
	ReplicationFactor int `yaml:"replication_factor"`
	Ring              struct {
		KVStore kvStore `yaml:"kvstore"`
	} `yaml:"ring"`
}

type schemaConfig struct {
	Configs []struct {
		From        string `yaml:"from"`
		Store       string `yaml:"store"`
		ObjectStore string `yaml:"object_store"`
		Schema      string `yaml:"schema"`
		Index       struct {
			Prefix string `yaml:"prefix"`
			Period string `yaml:"period"`
		} `yaml:"index"`
	} `yaml:"configs"`
}

type storageConfig struct {
	Filesystem struct {
		Directory string `yaml:"directory"`
	} `yaml:"filesystem"`
}

type limitsConfig struct {
	RetentionPeriod   promDuration `yaml:"retention_period"`
	RejectOldSamples  bool         `yaml:"reject_old_samples"`
	RejectOldMaxAge   promDuration `yaml:"reject_old_samples_max_age"`
	CreationGrace     promDuration `yaml:"creation_grace_period"`
	MaxLabelNames     int          `yaml:"max_label_names_per_series"`
	AllowStructured   bool         `yaml:"allow_structured_metadata"`
	MaxEntriesPerRead int          `yaml:"max_entries_limit_per_query"`
	ServiceNameFrom   []string     `yaml:"discover_service_name"`
	RetentionStream   []struct {
		Selector string       `yaml:"selector"`
		Priority int          `yaml:"priority"`
		Period   promDuration `yaml:"period"`
	} `yaml:"retention_stream"`
}

// serviceNames is Loki's default for limits_config.discover_service_name.
const serviceNames = `service app application name app_kubernetes_io_name container container_name k8s_container_name
 component workload job k8s_job_name`

type promDuration time.Duration

func (d *promDuration) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := standin.ParseDuration(node.Value)
	*d = promDuration(parsed)
	return err
}

// Load reads loki.yaml as strictly as Loki does and checks it with Loki's rules. The defaults are Loki's own.
func Load(path string, expandEnv bool) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if expandEnv {
		text = []byte(os.ExpandEnv(string(text)))
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("failed parsing config: %s: %w", path, err)
	}
	if len(root.Content) == 0 {
		return nil, fmt.Errorf("failed parsing config: %s: the file is empty", path)
	}
	if problems := strict(root.Content[0]); len(problems) > 0 {
		return nil, fmt.Errorf("failed parsing config: %s: yaml: unmarshal errors:\n  %s", path, strings.Join(problems, "\n  "))
	}
	c := &Config{AuthEnabled: true, Target: "all"}
	c.Server.Port = 80
	c.Common.ReplicationFactor = 3
	c.Compactor.WorkingDirectory = "/var/loki/compactor"
	c.Compactor.CompactionInterval = 10 * time.Minute
	c.Limits = limitsConfig{RejectOldSamples: true, RejectOldMaxAge: promDuration(7 * 24 * time.Hour), CreationGrace: promDuration(10 * time.Minute), MaxLabelNames: 15, AllowStructured: true, MaxEntriesPerRead: 5000, ServiceNameFrom: strings.Fields(serviceNames)}
	if err := root.Decode(c); err != nil {
		return nil, fmt.Errorf("failed parsing config: %s: %w", path, err)
	}
	return c, c.validate()
}

// strict gives one line for each key or duration that Loki's own strict reading refuses.
func strict(root *yaml.Node) []string {
	problems := unknown(root, "loki.Config", topLevel)
	pairs(root, func(section string, key, value *yaml.Node) {
		if goDurations[section] && value.Kind == yaml.ScalarNode {
			if _, err := time.ParseDuration(value.Value); err != nil && value.Value != "0" {
				problems = append(problems, fmt.Sprintf("line %d: %s: %v (a Go duration: units h, m, s; no d)", value.Line, section, err))
			}
		}
		known := sections[section]
		if known == nil {
			return
		}
		problems = append(problems, unknown(value, section, known)...)
		pairs(value, func(name string, _, setting *yaml.Node) {
			full := section + "." + name
			if setting.Kind != yaml.ScalarNode {
				return
			}
			if goDurations[full] {
				if _, err := time.ParseDuration(setting.Value); err != nil && setting.Value != "0" {
					problems = append(problems, fmt.Sprintf("line %d: %s: %v (a Go duration: units h, m, s; no d)", setting.Line, full, err))
				}
			} else if promDurations[full] {
				if _, err := standin.ParseDuration(setting.Value); err != nil {
					problems = append(problems, fmt.Sprintf("line %d: %s: %v", setting.Line, full, err))
				}
			}
		})
		pairs(value, func(name string, _, list *yaml.Node) {
			if section == "schema_config" && name == "configs" {
				for _, period := range list.Content {
					problems = append(problems, unknown(period, "schema_config.configs", periodKeys)...)
				}
			}
		})
	})
	return problems
}

func unknown(node *yaml.Node, where string, known map[string]bool) []string {
	var problems []string
	seen := map[string]bool{}
	if node.Kind != yaml.MappingNode {
		return []string{fmt.Sprintf("line %d: %s: wanted a map of settings", node.Line, where)}
	}
	pairs(node, func(name string, key, _ *yaml.Node) {
		if !known[name] {
			problems = append(problems, fmt.Sprintf("line %d: field %s not found in %s", key.Line, name, where))
		}
		if seen[name] {
			problems = append(problems, fmt.Sprintf("line %d: field %s already set in %s", key.Line, name, where))
		}
		seen[name] = true
	})
	return problems
}

func pairs(node *yaml.Node, visit func(name string, key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		visit(node.Content[i].Value, node.Content[i], node.Content[i+1])
	}
}
