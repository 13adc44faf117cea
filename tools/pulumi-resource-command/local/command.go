// Package local is the resource command:local:Command.
package local

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"nixmon/tools/pulumi-resource-command/run"
)

// killDelay is how long a cancelled command has after SIGTERM.
const killDelay = 5 * time.Second

// Command runs a command on this machine.
type Command struct{}

// Inputs are the arguments of a Command.
type Inputs struct {
	run.Steps
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *string            `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// State is what a Command leaves in the state.
type State struct {
	Inputs
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// Create runs `create`; a failure leaves no resource behind.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[Inputs],
) (infer.CreateResponse[State], error) {
	state := State{Inputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		err = state.exec(ctx, *req.Inputs.Create)
	}
	return infer.CreateResponse[State]{ID: id, Output: state}, err
}

// Update runs `update`, or else `create`; a failure keeps the old state.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[Inputs, State],
) (infer.UpdateResponse[State], error) {
	state := req.State
	state.Inputs = req.Inputs
	var err error
	if command := req.Inputs.OnUpdate(); command != nil && !req.DryRun {
		err = state.exec(ctx, *command)
	}
	return infer.UpdateResponse[State]{Output: state}, err
}

// Delete runs `delete`; a failure keeps the resource.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[State],
) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, req.State.exec(ctx, *req.State.Delete)
}

func (s *State) exec(ctx context.Context, command string) error {
	argv := []string{"/bin/sh", "-c"}
	if s.Interpreter != nil && len(*s.Interpreter) > 0 {
		argv = append([]string(nil), *s.Interpreter...)
	}
	argv = append(argv, command)

	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // its purpose
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A cancelled update ends the command and all it started.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay

	dir, err := s.dir()
	if err != nil {
		return err
	}
	cmd.Dir, cmd.Env = dir, s.env()
	if s.Stdin != nil && *s.Stdin != "" {
		cmd.Stdin = strings.NewReader(*s.Stdin)
	}

	output := run.NewCapture(ctx, s.Logging)
	cmd.Stdout, cmd.Stderr = output.Stdout, output.Stderr
	err = cmd.Run()
	output.Close()
	if ctx.Err() != nil && cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		return output.Failed(err, command)
	}
	if err := s.collect(dir); err != nil {
		return err
	}
	s.Stdout, s.Stderr = output.Output()
	return nil
}

// dir is `dir`, or else the working directory of this plugin.
func (s *State) dir() (string, error) {
	if s.Dir != nil {
		return *s.Dir, nil
	}
	return os.Getwd()
}

func (s *State) env() []string {
	env := os.Environ()
	if s.Environment != nil {
		for name, value := range *s.Environment {
			env = append(env, name+"="+value)
		}
	}
	if s.AddPreviousOutputInEnv == nil || *s.AddPreviousOutputInEnv {
		if s.Stdout != "" {
			env = append(env, run.StdoutEnv+"="+s.Stdout)
		}
		if s.Stderr != "" {
			env = append(env, run.StderrEnv+"="+s.Stderr)
		}
	}
	return env
}
