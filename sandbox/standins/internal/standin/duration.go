package standin

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var durationForm = regexp.MustCompile(`^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$`)

var durationUnits = []time.Duration{365 * 24 * time.Hour, 7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second, time.Millisecond}

// ParseDuration reads a Prometheus duration such as 90d, 1h30m or 0. Unlike Go's own durations it knows d, w and y.
func ParseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	parts := durationForm.FindStringSubmatch(text)
	if text == "" || parts == nil {
		return 0, fmt.Errorf("not a valid duration string: %q (wanted a number with unit y, w, d, h, m, s or ms, such as 90d)", text)
	}
	var sum time.Duration
	for i, part := range parts[1:] {
		if part == "" {
			continue
		}
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || n > int64((1<<63-1)/durationUnits[i]) {
			return 0, fmt.Errorf("duration out of range: %q", text)
		}
		sum += time.Duration(n) * durationUnits[i]
	}
	if sum < 0 {
		return 0, fmt.Errorf("duration out of range: %q", text)
	}
	return sum, nil
}
