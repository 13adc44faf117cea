package remote

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"

	"nixmon/tools/pulumi-resource-command/run"
)

const acceptEnvHint = "This only works if your SSH server is configured to accept these variables via AcceptEnv."

// Command runs a command on another machine over SSH.
type Command struct{}

// CommandInputs are the arguments of a Command.
type CommandInputs struct {
	run.Steps
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *string           `pulumi:"logging,optional"`
	Connection             *Connection       `pulumi:"connection" provider:"secret"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// CommandState is what a Command leaves in the state.
type CommandState struct {
	CommandInputs
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Create runs `create`; a failure leaves no resource behind.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandState], error) {
	state := CommandState{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		err = state.exec(ctx, *req.Inputs.Create)
	}
	return infer.CreateResponse[CommandState]{ID: id, Output: state}, err
}

// Update runs `update`, or else `create`; a failure keeps the old state.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandState],
) (infer.UpdateResponse[CommandState], error) {
	state := req.State
	state.CommandInputs = req.Inputs
	var err error
	if command := req.Inputs.OnUpdate(); command != nil && !req.DryRun {
		err = state.exec(ctx, *command)
	}
	return infer.UpdateResponse[CommandState]{Output: state}, err
}

// Delete runs `delete`; a failure keeps the resource.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandState],
) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, req.State.exec(ctx, *req.State.Delete)
}

// exec opens a connection of its own and, as the real one, leaves it open.
func (s *CommandState) exec(ctx context.Context, command string) error {
	client, err := s.Connection.dial(ctx)
	if err != nil {
		return err
	}
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := s.setenv(ctx, session); err != nil {
		return err
	}
	if s.Stdin != nil && *s.Stdin != "" {
		session.Stdin = strings.NewReader(*s.Stdin)
	}
	output := run.NewCapture(ctx, s.Logging)
	session.Stdout, session.Stderr = output.Stdout, output.Stderr
	err = session.Run(command)
	output.Close()
	if err != nil {
		return output.Failed(err, command)
	}
	s.Stdout, s.Stderr = output.Output()
	return nil
}

// setenv sends the environment; only that of the user must be accepted.
func (s *CommandState) setenv(ctx context.Context, session *ssh.Session) error {
	for name, value := range s.Environment {
		if err := session.Setenv(name, value); err != nil {
			p.GetLogger(ctx).Errorf("Unable to set '%s'. %s", name, acceptEnvHint)
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	if s.AddPreviousOutputInEnv != nil && !*s.AddPreviousOutputInEnv {
		return nil
	}
	for name, value := range map[string]string{run.StdoutEnv: s.Stdout, run.StderrEnv: s.Stderr} {
		if value == "" {
			continue
		}
		if err := session.Setenv(name, value); err != nil {
			p.GetLogger(ctx).Warningf("Unable to set '%s'. %s", name, acceptEnvHint)
		}
	}
	return nil
}
