package main

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Rule is one rule block of loki.relabel, with Prometheus' meaning and defaults.
type Rule struct {
	SourceLabels []string `alloy:"source_labels,attr,optional"`
	Separator    string   `alloy:"separator,attr,optional"`
	Regex        string   `alloy:"regex,attr,optional"`
	Modulus      uint64   `alloy:"modulus,attr,optional"`
	TargetLabel  string   `alloy:"target_label,attr,optional"`
	Replacement  string   `alloy:"replacement,attr,optional"`
	Action       string   `alloy:"action,attr,optional"`
	pattern      *regexp.Regexp
}

// SetToDefault gives the values that Alloy documents.
func (r *Rule) SetToDefault() {
	*r = Rule{Separator: ";", Regex: "(.*)", Replacement: "$1", Action: "replace"}
}

// Validate refuses what Alloy refuses.
func (r *Rule) Validate() (err error) {
	if r.pattern, err = regexp.Compile("^(?s:" + r.Regex + ")$"); err != nil {
		return err
	}
	switch r.Action {
	case "replace", "lowercase", "uppercase", "hashmod", "keepequal", "dropequal":
		if r.TargetLabel == "" {
			return fmt.Errorf("relabel configuration for %s action requires 'target_label' value", r.Action)
		}
		if r.Action == "hashmod" && r.Modulus == 0 {
			return fmt.Errorf("relabel configuration for hashmod requires non-zero modulus")
		}
	case "keep", "drop", "labelmap", "labeldrop", "labelkeep":
	default:
		return fmt.Errorf("unknown relabel action %q", r.Action)
	}
	return nil
}

// Rules is what loki.relabel exports as rules.
type Rules []*Rule

// AlloyCapsule makes Alloy's syntax treat the rules as one opaque value.
func (Rules) AlloyCapsule() {}

// Apply gives the labels after the rules, and false when a rule drops the entry. The given map is left as it is.
func (rules Rules) Apply(given map[string]string) (map[string]string, bool) {
	labels := make(map[string]string, len(given))
	for name, value := range given {
		labels[name] = value
	}
	for _, r := range rules {
		values := make([]string, len(r.SourceLabels))
		for i, name := range r.SourceLabels {
			values[i] = labels[name]
		}
		source := strings.Join(values, r.Separator)
		match := r.pattern.FindStringSubmatchIndex(source)
		switch r.Action {
		case "replace":
			if match == nil {
				continue
			}
			target := string(r.pattern.ExpandString(nil, r.TargetLabel, source, match))
			set(labels, target, string(r.pattern.ExpandString(nil, r.Replacement, source, match)))
		case "lowercase":
			set(labels, r.TargetLabel, strings.ToLower(source))
		case "uppercase":
			set(labels, r.TargetLabel, strings.ToUpper(source))
		case "hashmod":
			sum := md5.Sum([]byte(source))
			set(labels, r.TargetLabel, strconv.FormatUint(binary.BigEndian.Uint64(sum[8:])%r.Modulus, 10))
		case "keep", "drop":
			if (match != nil) != (r.Action == "keep") {
				return nil, false
			}
		case "keepequal", "dropequal":
			if (labels[r.TargetLabel] == source) != (r.Action == "keepequal") {
				return nil, false
			}
		default:
			r.names(labels)
		}
	}
	return labels, true
}

// names applies the actions that work on label names.
func (r *Rule) names(labels map[string]string) {
	mapped := map[string]string{}
	for name, value := range labels {
		hit := r.pattern.MatchString(name)
		switch {
		case r.Action == "labelmap" && hit:
			mapped[r.pattern.ReplaceAllString(name, r.Replacement)] = value
		case r.Action == "labeldrop" && hit, r.Action == "labelkeep" && !hit:
			delete(labels, name)
		}
	}
	for name, value := range mapped {
		labels[name] = value
	}
}

func set(labels map[string]string, name, value string) {
	if value == "" {
		delete(labels, name)
		return
	}
	labels[name] = value
}

// public drops the internal labels, those that begin with two underscores.
func public(labels map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range labels {
		if !strings.HasPrefix(name, "__") {
			kept[name] = value
		}
	}
	return kept
}
