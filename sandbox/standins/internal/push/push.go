// Package push reads and writes Loki's push request: the snappy-compressed protobuf form that Alloy sends
// and the JSON form. The few messages are decoded field by field, so that no Loki code is needed.
package push

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/golang/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

// MaxBody is the most bytes a decompressed request may have.
const MaxBody = 32 << 20

// Entry is one log line.
type Entry struct {
	Time time.Time
	Line string
	// Metadata is Loki's structured metadata; nil for none.
	Metadata map[string]string
}

// Stream is the lines of one set of labels.
type Stream struct {
	Labels  map[string]string
	Entries []Entry
}

// LabelText writes labels as Loki does: {a="b", c="d"}, sorted by name.
func LabelText(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for name, value := range labels {
		pairs = append(pairs, name+"="+strconv.Quote(value))
	}
	sort.Strings(pairs)
	return "{" + strings.Join(pairs, ", ") + "}"
}

// ParseLabels reads what LabelText writes.
func ParseLabels(text string) (map[string]string, error) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), "{")
	if !ok || !strings.HasSuffix(inner, "}") {
		return nil, fmt.Errorf("labels %q: wanted {name=\"value\", ...}", text)
	}
	rest := strings.TrimSpace(strings.TrimSuffix(inner, "}"))
	labels := map[string]string{}
	for rest != "" {
		name, value, found := strings.Cut(rest, "=")
		quoted, err := strconv.QuotedPrefix(strings.TrimSpace(value))
		if !found || err != nil {
			return nil, fmt.Errorf("labels %q: wanted name=\"value\" at %q", text, rest)
		}
		plain, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("labels %q: %w", text, err)
		}
		labels[strings.TrimSpace(name)] = plain
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(value), quoted))
		if rest == "" {
			break
		}
		if rest, ok = strings.CutPrefix(rest, ","); !ok {
			return nil, fmt.Errorf("labels %q: wanted a comma at %q", text, rest)
		}
		rest = strings.TrimSpace(rest)
	}
	return labels, nil
}

// Encode makes the body of a push in the form application/x-protobuf.
func Encode(streams []Stream) []byte {
	var request []byte
	for _, stream := range streams {
		message := protowire.AppendTag(nil, 1, protowire.BytesType)
		message = protowire.AppendString(message, LabelText(stream.Labels))
		for _, entry := range stream.Entries {
			stamp := protowire.AppendTag(nil, 1, protowire.VarintType)
			stamp = protowire.AppendVarint(stamp, uint64(entry.Time.Unix()))
			stamp = protowire.AppendTag(stamp, 2, protowire.VarintType)
			stamp = protowire.AppendVarint(stamp, uint64(entry.Time.Nanosecond()))
			line := protowire.AppendTag(nil, 1, protowire.BytesType)
			line = protowire.AppendBytes(line, stamp)
			line = protowire.AppendTag(line, 2, protowire.BytesType)
			line = protowire.AppendString(line, entry.Line)
			for _, name := range slices.Sorted(maps.Keys(entry.Metadata)) {
				pair := protowire.AppendTag(nil, 1, protowire.BytesType)
				pair = protowire.AppendString(pair, name)
				pair = protowire.AppendTag(pair, 2, protowire.BytesType)
				pair = protowire.AppendString(pair, entry.Metadata[name])
				line = protowire.AppendTag(line, 3, protowire.BytesType)
				line = protowire.AppendBytes(line, pair)
			}
			message = protowire.AppendTag(message, 2, protowire.BytesType)
			message = protowire.AppendBytes(message, line)
		}
		request = protowire.AppendTag(request, 1, protowire.BytesType)
		request = protowire.AppendBytes(request, message)
	}
	return snappy.Encode(nil, request)
}

// Decode reads a body in the form application/x-protobuf.
func Decode(body []byte) ([]Stream, error) {
	if size, err := snappy.DecodedLen(body); err != nil || size > MaxBody {
		return nil, fmt.Errorf("snappy: %d bytes when decompressed, at most %d wanted (%v)", size, MaxBody, err)
	}
	plain, err := snappy.Decode(nil, body)
	if err != nil {
		return nil, err
	}
	var streams []Stream
	err = fields(plain, func(number protowire.Number, value []byte, _ uint64) error {
		if number != 1 {
			return nil
		}
		stream, err := decodeStream(value)
		streams = append(streams, stream)
		return err
	})
	return streams, err
}

func decodeStream(message []byte) (Stream, error) {
	var stream Stream
	err := fields(message, func(number protowire.Number, value []byte, _ uint64) (err error) {
		switch number {
		case 1:
			stream.Labels, err = ParseLabels(string(value))
		case 2:
			var entry Entry
			entry, err = decodeEntry(value)
			stream.Entries = append(stream.Entries, entry)
		}
		return err
	})
	return stream, err
}

func decodeEntry(message []byte) (Entry, error) {
	var entry Entry
	err := fields(message, func(number protowire.Number, value []byte, _ uint64) error {
		switch number {
		case 1:
			var seconds, nanos int64
			err := fields(value, func(number protowire.Number, _ []byte, n uint64) error {
				if number == 1 {
					seconds = int64(n)
				} else if number == 2 {
					nanos = int64(n)
				}
				return nil
			})
			entry.Time = time.Unix(seconds, nanos)
			return err
		case 2:
			entry.Line = string(value)
		case 3:
			var pair [3]string
			err := fields(value, func(number protowire.Number, text []byte, _ uint64) error {
				if number < 3 {
					pair[number] = string(text)
				}
				return nil
			})
			if entry.Metadata == nil {
				entry.Metadata = map[string]string{}
			}
			entry.Metadata[pair[1]] = pair[2]
			return err
		}
		return nil
	})
	return entry, err
}

// fields calls visit for each field of a message; value is set for bytes fields, n for varints.
func fields(message []byte, visit func(number protowire.Number, value []byte, n uint64) error) error {
	for len(message) > 0 {
		number, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
		var value []byte
		var n uint64
		switch kind {
		case protowire.BytesType:
			value, size = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(message)
		default:
			size = protowire.ConsumeFieldValue(number, kind, message)
		}
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
		if err := visit(number, value, n); err != nil {
			return err
		}
	}
	return nil
}

// DecodeJSON reads a body in the form application/json.
func DecodeJSON(body []byte) ([]Stream, error) {
	var request struct {
		Streams []struct {
			Stream map[string]string   `json:"stream"`
			Values [][]json.RawMessage `json:"values"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	var streams []Stream
	for _, given := range request.Streams {
		stream := Stream{Labels: given.Stream}
		for _, value := range given.Values {
			var stamp, line string
			if len(value) < 2 || json.Unmarshal(value[0], &stamp) != nil || json.Unmarshal(value[1], &line) != nil {
				return nil, fmt.Errorf("stream %s: wanted values of [\"<unix nanoseconds>\", \"<line>\"]", LabelText(given.Stream))
			}
			nanos, err := strconv.ParseInt(stamp, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("stream %s: timestamp %q: wanted unix nanoseconds", LabelText(given.Stream), stamp)
			}
			entry := Entry{Time: time.Unix(0, nanos), Line: line}
			if len(value) > 2 && json.Unmarshal(value[2], &entry.Metadata) != nil {
				return nil, fmt.Errorf("stream %s: structured metadata: wanted an object of texts", LabelText(given.Stream))
			}
			stream.Entries = append(stream.Entries, entry)
		}
		streams = append(streams, stream)
	}
	return streams, nil
}
