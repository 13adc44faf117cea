// Package run holds what the local and the remote Command share: how output is
// captured, logged and put into errors, and which command a step runs.
package run

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// Names of the variables that carry the last output to the next command.
const (
	StdoutEnv = "PULUMI_COMMAND_STDOUT"
	StderrEnv = "PULUMI_COMMAND_STDERR"
)

// Steps are the inputs that say what runs when.
type Steps struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Delete   *string `pulumi:"delete,optional"`
	Update   *string `pulumi:"update,optional"`
}

// OnUpdate is the command of an update: `update`, or else `create`.
func (s Steps) OnUpdate() *string {
	if s.Update != nil {
		return s.Update
	}
	return s.Create
}

// Capture collects the output of one command.
type Capture struct {
	stdout, stderr, both lockedBuffer
	pipe                 *io.PipeWriter
	logged               chan struct{}
	Stdout, Stderr       io.Writer
}

// NewCapture starts to collect. mode is the `logging` input: none, stdout, stderr
// or stdoutAndStderr; nil means the last. Call Close before the results are read.
func NewCapture(ctx context.Context, mode *string) *Capture {
	c := &Capture{logged: make(chan struct{})}
	reader, writer := io.Pipe()
	c.pipe = writer
	go func() {
		defer close(c.logged)
		lines := bufio.NewReader(reader)
		for {
			line, err := lines.ReadString('\n')
			if line != "" {
				p.GetLogger(ctx).InfoStatus(strings.TrimRight(line, "\r\n"))
			}
			if err != nil {
				return
			}
		}
	}()
	c.Stdout = c.writer(&c.stdout, mode == nil || *mode == "stdout" || *mode == "stdoutAndStderr")
	c.Stderr = c.writer(&c.stderr, mode == nil || *mode == "stderr" || *mode == "stdoutAndStderr")
	return c
}

func (c *Capture) writer(own io.Writer, logged bool) io.Writer {
	if logged {
		return io.MultiWriter(own, &c.both, c.pipe)
	}
	return io.MultiWriter(own, &c.both)
}

// Close ends the log; all output has arrived.
func (c *Capture) Close() {
	_ = c.pipe.Close()
	<-c.logged
}

// Output is stdout and stderr, each without its last newline.
func (c *Capture) Output() (stdout, stderr string) {
	return strings.TrimSuffix(c.stdout.String(), "\n"), strings.TrimSuffix(c.stderr.String(), "\n")
}

// Failed is the error of a command that failed: cause, command text, all output.
func (c *Capture) Failed(cause error, command string) error {
	return fmt.Errorf("%w: running %q:\n%s", cause, command, c.both.String())
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
