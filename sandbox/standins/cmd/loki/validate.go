package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

func (c *Config) validate() error {
	var problems []error
	refuse := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("CONFIG ERROR: "+format, args...))
	}
	if c.Server.Port < 0 || c.Server.Port > 65535 {
		refuse("server.http_listen_port: %d is no port", c.Server.Port)
	}
	if len(c.Schema.Configs) == 0 {
		refuse("invalid schema config: must specify at least one schema configuration in schema_config.configs")
	}
	for i, period := range c.Schema.Configs {
		where := fmt.Sprintf("invalid schema config: configs[%d]", i)
		if _, err := time.Parse("2006-01-02", period.From); err != nil {
			refuse("%s.from: %q, wanted a date such as 2024-01-01", where, period.From)
		}
		if !words("tsdb boltdb-shipper")[period.Store] {
			refuse("%s.store: unrecognized index type %q, wanted tsdb", where, period.Store)
		}
		if !words("v9 v10 v11 v12 v13")[period.Schema] {
			refuse("%s.schema: invalid schema version %q, wanted v13", where, period.Schema)
		}
		if period.ObjectStore == "" {
			refuse("%s.object_store: missing, wanted filesystem or a named store", where)
		}
		if length, err := standin.ParseDuration(period.Index.Period); period.Index.Period != "" && err != nil {
			refuse("%s.index.period: %v", where, err)
		} else if length != 24*time.Hour {
			refuse("%s.index.period: %q, but %s needs 24h", where, period.Index.Period, period.Store)
		}
	}
	if n := len(c.Schema.Configs); n > 0 && c.Limits.AllowStructured {
		last := c.Schema.Configs[n-1]
		if last.Schema != "v13" || last.Store != "tsdb" {
			refuse("structured metadata needs schema v13 and store tsdb, found %s and %s: change the schema or set limits_config.allow_structured_metadata to false", last.Schema, last.Store)
		}
	}
	if c.Compactor.RetentionEnabled && c.Compactor.DeleteRequestStore == "" {
		refuse("invalid compactor config: compactor.delete_request_store should be configured when retention is enabled")
	}
	if c.Compactor.RetentionEnabled && c.Compactor.WorkingDirectory == "" {
		refuse("invalid compactor config: compactor.working_directory is empty")
	}
	if period := time.Duration(c.Limits.RetentionPeriod); period > 0 && period < 24*time.Hour {
		refuse("invalid limits_config: retention_period must be >= 24h, was %s", period)
	}
	for i, rule := range c.Limits.RetentionStream {
		if period := time.Duration(rule.Period); period < 24*time.Hour {
			refuse("invalid limits_config: retention_stream[%d].period must be >= 24h, was %s", i, period)
		}
		if _, err := ParseSelector(rule.Selector); err != nil {
			refuse("invalid limits_config: retention_stream[%d].selector: %v", i, err)
		}
	}
	return errors.Join(problems...)
}

// startable checks what -verify-config does not: what keeps a single Loki from ever getting ready.
func (c *Config) startable() error {
	store := c.Common.Ring.KVStore.Store
	if own := c.Ingester.Lifecycler.Ring.KVStore.Store; own != "" {
		store = own
	}
	if store == "" && len(c.Memberlist.JoinMembers) > 0 {
		store = "memberlist"
	}
	if !words("inmemory memberlist")[store] {
		return fmt.Errorf("error initialising module: ring: kvstore is %q (default consul), and no Consul answers at localhost:8500; set common.ring.kvstore.store to inmemory", store)
	}
	for _, folder := range c.folders() {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return fmt.Errorf("error initialising module: store: %w", err)
		}
	}
	return nil
}

// replicas is how many ingesters a write waits for; more than one never works on a single Loki.
func (c *Config) replicas() int {
	if own := c.Ingester.Lifecycler.Ring.ReplicationFactor; own > 0 {
		return own
	}
	return c.Common.ReplicationFactor
}

// dataFolder is where the stand-in keeps its lines: beside the chunks of the real one.
func (c *Config) dataFolder() string {
	for _, folder := range []string{c.Storage.Filesystem.Directory, c.Common.Storage.Filesystem.ChunksDirectory} {
		if folder != "" {
			return folder
		}
	}
	return filepath.Join(c.Common.PathPrefix, "chunks")
}

func (c *Config) folders() []string {
	folders := []string{c.dataFolder()}
	if c.Compactor.RetentionEnabled {
		folders = append(folders, c.Compactor.WorkingDirectory)
	}
	return folders
}

// retention is how long lines with these labels are kept; 0 is for ever.
func (c *Config) retention(labels map[string]string) time.Duration {
	if !c.Compactor.RetentionEnabled {
		return 0
	}
	period, priority := time.Duration(c.Limits.RetentionPeriod), -1<<31
	for _, rule := range c.Limits.RetentionStream {
		if selector, err := ParseSelector(rule.Selector); err == nil && selector.Matches(labels) && rule.Priority > priority {
			period, priority = time.Duration(rule.Period), rule.Priority
		}
	}
	return period
}

// discovered is the labels with the service_name that Loki adds to each stream that lacks one.
func (c *Config) discovered(labels map[string]string) map[string]string {
	if len(c.Limits.ServiceNameFrom) == 0 || labels["service_name"] != "" {
		return labels
	}
	all := map[string]string{"service_name": "unknown_service"}
	for i := len(c.Limits.ServiceNameFrom) - 1; i >= 0; i-- {
		if value := labels[c.Limits.ServiceNameFrom[i]]; value != "" {
			all["service_name"] = value
		}
	}
	for name, value := range labels {
		all[name] = value
	}
	return all
}

// refusal is Loki's reason to discard an entry, or "" to take it.
func (c *Config) refusal(stream push.Stream, entry push.Entry, now time.Time) (reason, message string) {
	if oldest := now.Add(-time.Duration(c.Limits.RejectOldMaxAge)); c.Limits.RejectOldSamples && entry.Time.Before(oldest) {
		return "greater_than_max_sample_age", fmt.Sprintf("entry for stream '%s' has timestamp too old: %s, oldest acceptable timestamp is: %s",
			push.LabelText(stream.Labels), entry.Time.UTC().Format(time.RFC3339), oldest.UTC().Format(time.RFC3339))
	}
	if entry.Time.After(now.Add(time.Duration(c.Limits.CreationGrace))) {
		return "too_far_in_future", fmt.Sprintf("entry for stream '%s' has timestamp too new: %s", push.LabelText(stream.Labels), entry.Time.UTC().Format(time.RFC3339))
	}
	if len(entry.Metadata) > 0 && !c.Limits.AllowStructured {
		return "disallowed_structured_metadata", fmt.Sprintf("stream '%s' includes structured metadata, but this feature is disallowed (limits_config.allow_structured_metadata)", push.LabelText(stream.Labels))
	}
	return "", ""
}
