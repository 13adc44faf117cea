package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

// Selector is the part of a query between braces.
type Selector []matcher

type matcher struct {
	name, op, value string
	pattern         *regexp.Regexp
}

// Matches says whether a stream with these labels is selected; an absent label counts as "".
func (s Selector) Matches(labels map[string]string) bool {
	for _, m := range s {
		value := labels[m.name]
		hit := value == m.value
		if m.pattern != nil {
			hit = m.pattern.MatchString(value)
		}
		if hit != !strings.HasPrefix(m.op, "!") {
			return false
		}
	}
	return true
}

type filter struct {
	op, text string
	pattern  *regexp.Regexp
}

func (f filter) passes(line string) bool {
	hit := strings.Contains(line, f.text)
	if f.pattern != nil {
		hit = f.pattern.MatchString(line)
	}
	return hit == strings.HasPrefix(f.op, "|")
}

// Query is the subset of LogQL that the stand-in answers:
// [sum|count|min|max|avg [by|without (labels)] (] [count_over_time|rate|bytes_over_time|bytes_rate (] {selector} filters [[range])].
type Query struct {
	Selector  Selector
	filters   []filter
	Range     time.Duration
	function  string
	aggregate string
	without   bool
	grouping  []string
}

// IsMetric says whether the query gives numbers rather than lines.
func (q *Query) IsMetric() bool { return q.function != "" }

type scanner struct{ rest, whole string }

func (s *scanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t\n\r") }

func (s *scanner) take(token string) bool {
	s.skip()
	rest, found := strings.CutPrefix(s.rest, token)
	s.rest = rest
	return found
}

var identifier = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*`)

func (s *scanner) word() string {
	s.skip()
	word := identifier.FindString(s.rest)
	s.rest = s.rest[len(word):]
	return word
}

func (s *scanner) text() (string, error) {
	s.skip()
	quoted, err := strconv.QuotedPrefix(s.rest)
	if err != nil || strings.HasPrefix(quoted, "'") {
		return "", s.wanted("a quoted string")
	}
	s.rest = s.rest[len(quoted):]
	return strconv.Unquote(quoted)
}

func (s *scanner) wanted(what string) error {
	at := s.rest
	if at == "" {
		at = "the end"
	}
	return fmt.Errorf("parse error: wanted %s at %q in %q (this is a stand-in: it knows selectors, line filters, count_over_time, rate, bytes_over_time, bytes_rate and one aggregation)", what, at, s.whole)
}

// ParseSelector reads {name="value", ...}.
func ParseSelector(text string) (Selector, error) {
	s := &scanner{text, text}
	selector, err := s.selector()
	if s.skip(); err == nil && s.rest != "" {
		err = s.wanted("nothing more")
	}
	return selector, err
}

func (s *scanner) selector() (Selector, error) {
	if !s.take("{") {
		return nil, s.wanted("a stream selector {...}")
	}
	var selector Selector
	positive := false
	for !s.take("}") {
		m := matcher{name: s.word()}
		for _, op := range []string{"=~", "!~", "!=", "="} {
			if s.take(op) {
				m.op = op
				break
			}
		}
		if m.name == "" || m.op == "" {
			return nil, s.wanted("a label matcher")
		}
		var err error
		if m.value, err = s.text(); err != nil {
			return nil, err
		}
		if strings.HasSuffix(m.op, "~") {
			if m.pattern, err = regexp.Compile("^(?s:" + m.value + ")$"); err != nil {
				return nil, fmt.Errorf("parse error: %w", err)
			}
		}
		empty := Selector{m}.Matches(nil)
		positive = positive || !empty
		selector = append(selector, m)
		if !s.take(",") && !strings.HasPrefix(strings.TrimSpace(s.rest), "}") {
			return nil, s.wanted("a comma or }")
		}
	}
	if !positive {
		return nil, fmt.Errorf("parse error: queries require at least one regexp or equality matcher that does not have an empty-compatible value, in %q", s.whole)
	}
	return selector, nil
}

// ParseQuery reads the subset; anything else is an error that says so.
func ParseQuery(text string) (*Query, error) {
	s := &scanner{text, text}
	q := &Query{}
	var err error
	word := s.word()
	closing := 0
	if words("sum count min max avg")[word] {
		q.aggregate = word
		if err = s.groups(q); err != nil {
			return nil, err
		}
		if !s.take("(") {
			return nil, s.wanted("(")
		}
		closing++
		word = s.word()
	}
	if words("count_over_time rate bytes_over_time bytes_rate")[word] {
		q.function = word
		if !s.take("(") {
			return nil, s.wanted("(")
		}
		closing++
	} else if word != "" || q.aggregate != "" {
		return nil, s.wanted("count_over_time, rate, bytes_over_time or bytes_rate before")
	}
	if q.Selector, err = s.selector(); err != nil {
		return nil, err
	}
	if err = s.lineFilters(q); err != nil {
		return nil, err
	}
	if q.function != "" {
		before, after, found := strings.Cut(s.rest, "]")
		length, isRange := strings.CutPrefix(strings.TrimSpace(before), "[")
		if !found || !isRange {
			return nil, s.wanted("a range such as [5m]")
		}
		if q.Range, err = standin.ParseDuration(strings.TrimSpace(length)); err != nil || q.Range <= 0 {
			return nil, s.wanted("a range such as [5m]")
		}
		s.rest = after
	}
	for ; closing > 0; closing-- {
		if !s.take(")") {
			return nil, s.wanted(")")
		}
	}
	if q.aggregate != "" && q.grouping == nil {
		if err = s.groups(q); err != nil {
			return nil, err
		}
	}
	if s.skip(); s.rest != "" {
		return nil, s.wanted("nothing more")
	}
	return q, nil
}

func (s *scanner) groups(q *Query) error {
	before := s.rest
	word := s.word()
	if word != "by" && word != "without" {
		s.rest = before
		return nil
	}
	q.without, q.grouping = word == "without", []string{}
	if !s.take("(") {
		return s.wanted("(")
	}
	for !s.take(")") {
		name := s.word()
		if name == "" {
			return s.wanted("a label name")
		}
		q.grouping = append(q.grouping, name)
		s.take(",")
	}
	return nil
}

func (s *scanner) lineFilters(q *Query) error {
	for {
		f := filter{}
		for _, op := range []string{"|=", "|~", "!=", "!~"} {
			if s.take(op) {
				f.op = op
				break
			}
		}
		if f.op == "" {
			return nil
		}
		var err error
		if f.text, err = s.text(); err != nil {
			return err
		}
		if strings.HasSuffix(f.op, "~") {
			if f.pattern, err = regexp.Compile(f.text); err != nil {
				return fmt.Errorf("parse error: %w", err)
			}
		}
		q.filters = append(q.filters, f)
	}
}
