package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"

	"github.com/grafana/alloy/syntax/alloytypes"
	"github.com/jmespath/go-jmespath"
)

type relabelArgs struct {
	ForwardTo    []LogsReceiver `alloy:"forward_to,attr"`
	MaxCacheSize int            `alloy:"max_cache_size,attr,optional"`
	Rules        []*Rule        `alloy:"rule,block,optional"`
}

func buildRelabel(_ *Alloy, c *component, into func(any) error) error {
	var args relabelArgs
	if err := into(&args); err != nil {
		return err
	}
	rules := Rules(args.Rules)
	c.exports["rules"] = rules
	c.exports["receiver"].(*receiver).take = func(ctx context.Context, entry Entry) {
		labels, keep := rules.Apply(entry.Labels)
		if keep {
			entry.Labels = labels
			forward(ctx, args.ForwardTo, entry)
		}
	}
	return nil
}

// stage holds one stage block of loki.process; exactly one field is set.
type stage struct {
	StaticLabels *struct {
		Values map[string]*string `alloy:"values,attr"`
	} `alloy:"static_labels,block,optional"`
	LabelDrop *struct {
		Values []string `alloy:"values,attr"`
	} `alloy:"label_drop,block,optional"`
	JSON   *jsonStage   `alloy:"json,block,optional"`
	Labels *labelsStage `alloy:"labels,block,optional"`
	Meta   *labelsStage `alloy:"structured_metadata,block,optional"`
	Drop   *dropStage   `alloy:"drop,block,optional"`
}

type jsonStage struct {
	Expressions   map[string]string `alloy:"expressions,attr"`
	DropMalformed bool              `alloy:"drop_malformed,attr,optional"`
	compiled      map[string]*jmespath.JMESPath
}

func (j *jsonStage) Validate() error {
	j.compiled = map[string]*jmespath.JMESPath{}
	for name, text := range j.Expressions {
		if text == "" {
			text = name
		}
		compiled, err := jmespath.Compile(text)
		if err != nil {
			return fmt.Errorf("stage.json: expression %q: %w", text, err)
		}
		j.compiled[name] = compiled
	}
	return nil
}

type labelsStage struct {
	Values map[string]*string `alloy:"values,attr"`
}

// copy takes extracted values over under the names of the block; an empty source means the same name.
func (l *labelsStage) copy(extracted, into map[string]string) {
	for name, from := range l.Values {
		source := name
		if from != nil && *from != "" {
			source = *from
		}
		if value, found := extracted[source]; found {
			set(into, name, value)
		}
	}
}

type dropStage struct {
	Expression string `alloy:"expression,attr"`
	Reason     string `alloy:"drop_counter_reason,attr,optional"`
	pattern    *regexp.Regexp
}

func (d *dropStage) Validate() (err error) {
	d.pattern, err = regexp.Compile(d.Expression)
	return err
}

type processArgs struct {
	ForwardTo []LogsReceiver `alloy:"forward_to,attr"`
	Stages    []stage        `alloy:"stage,enum,optional"`
}

func buildProcess(_ *Alloy, c *component, into func(any) error) error {
	var args processArgs
	if err := into(&args); err != nil {
		if strings.Contains(err.Error(), `"stage.`) {
			err = fmt.Errorf("%w (this is a stand-in: it knows stage.static_labels, stage.label_drop, stage.json, stage.labels, stage.structured_metadata and stage.drop by expression)", err)
		}
		return err
	}
	c.exports["receiver"].(*receiver).take = func(ctx context.Context, entry Entry) {
		labels := map[string]string{}
		for name, value := range entry.Labels {
			labels[name] = value
		}
		entry.Labels = labels
		extracted := map[string]string{}
		for _, s := range args.Stages {
			if !s.apply(&entry, extracted) {
				return
			}
		}
		forward(ctx, args.ForwardTo, entry)
	}
	return nil
}

func (s *stage) apply(entry *Entry, extracted map[string]string) (keep bool) {
	switch {
	case s.StaticLabels != nil:
		for name, value := range s.StaticLabels.Values {
			if value != nil {
				set(entry.Labels, name, *value)
			}
		}
	case s.LabelDrop != nil:
		for _, name := range s.LabelDrop.Values {
			delete(entry.Labels, name)
		}
	case s.JSON != nil:
		var value any
		if json.Unmarshal([]byte(entry.Line), &value) != nil {
			return !s.JSON.DropMalformed
		}
		for name, expression := range s.JSON.compiled {
			if found, err := expression.Search(value); err == nil && found != nil {
				extracted[name] = plain(found)
			}
		}
	case s.Labels != nil:
		s.Labels.copy(extracted, entry.Labels)
	case s.Meta != nil:
		// A new map: other receivers of the same entry must not see it.
		metadata := map[string]string{}
		maps.Copy(metadata, entry.Metadata)
		s.Meta.copy(extracted, metadata)
		entry.Metadata = metadata
	case s.Drop != nil:
		return !s.Drop.pattern.MatchString(entry.Line)
	}
	return true
}

func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, _ := json.Marshal(value)
	return string(text)
}

type localFileArgs struct {
	Filename string `alloy:"filename,attr"`
	Detector string `alloy:"detector,attr,optional"`
	PollFreq string `alloy:"poll_frequency,attr,optional"`
	IsSecret bool   `alloy:"is_secret,attr,optional"`
}

func buildLocalFile(_ *Alloy, c *component, into func(any) error) error {
	var args localFileArgs
	if err := into(&args); err != nil {
		return err
	}
	content, err := os.ReadFile(args.Filename)
	if err != nil {
		return err
	}
	c.exports["content"] = alloytypes.OptionalSecret{IsSecret: args.IsSecret, Value: string(content)}
	return nil
}
