package push

import (
	"reflect"
	"testing"
	"time"
)

func TestAPushReadsBackAsItWasWritten(t *testing.T) {
	want := []Stream{
		{Labels: map[string]string{"host": "nixio", "unit": `we"ird, {x}\.service`}, Entries: []Entry{{Time: time.Unix(1700000000, 123456789), Line: "first"}, {Time: time.Unix(1700000001, 0), Metadata: map[string]string{"status": "200", "site": "a"}}}},
		{Labels: map[string]string{}, Entries: []Entry{{Time: time.Unix(5, 0), Line: "käse\x00"}}},
	}
	got, err := Decode(Encode(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for size := range Encode(want) {
		_, _ = Decode(Encode(want)[:size]) // a cut body must give an error or less, never a panic
	}
}

func TestTheJSONFormIsRead(t *testing.T) {
	got, err := DecodeJSON([]byte(`{"streams":[{"stream":{"a":"b"},"values":[["1700000000000000001","x"],["1700000000000000002","y",{"trace":"1"}]]}]}`))
	if err != nil || len(got) != 1 || got[0].Entries[1].Line != "y" || got[0].Entries[1].Metadata["trace"] != "1" || got[0].Entries[0].Time.UnixNano() != 1700000000000000001 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{`{`, `{"streams":[{"stream":{},"values":[["x","y"]]}]}`, `{"streams":[{"stream":{},"values":[["1"]]}]}`} {
		if _, err := DecodeJSON([]byte(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestLabelsThatAreNoLabelsAreRefused(t *testing.T) {
	for _, bad := range []string{``, `a="b"`, `{a}`, `{a=b}`, `{a="b" c="d"}`} {
		if got, err := ParseLabels(bad); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}
