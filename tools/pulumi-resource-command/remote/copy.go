package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote copies a file, a folder or a text to another machine.
type CopyToRemote struct{}

// CopyInputs are the arguments of a CopyToRemote; they are also its state.
type CopyInputs struct {
	Connection *Connection          `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// CopyState is what a CopyToRemote leaves in the state.
type CopyState struct{ CopyInputs }

// Check refuses sources that can't be copied.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyInputs](ctx, req.NewInputs)
	refuse := func(reason string) {
		failures = append(failures, p.CheckFailure{Property: "source", Reason: reason})
	}
	switch asset, archive := inputs.Source.Asset, inputs.Source.Archive; {
	case err != nil:
	case asset != nil && archive != nil:
		refuse("only one of asset or archive can be set")
	case asset == nil && archive == nil:
		refuse("either asset or archive must be set")
	case asset != nil && !asset.IsPath() && !asset.IsText():
		refuse("asset must be a path-based file asset or a text asset")
	case archive != nil && !archive.IsPath():
		refuse("archive must be a path to a file or directory")
	}
	return infer.CheckResponse[CopyInputs]{Inputs: inputs, Failures: failures}, err
}

// Create copies.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyInputs],
) (infer.CreateResponse[CopyState], error) {
	state := CopyState{req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[CopyState]{Output: state}, nil
	}
	id, err := resource.NewUniqueHex("", 8, 0)
	if err == nil {
		err = state.copy(ctx)
	}
	return infer.CreateResponse[CopyState]{ID: id, Output: state}, err
}

// Update copies again when the content or the path changed.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyInputs, CopyState],
) (infer.UpdateResponse[CopyState], error) {
	state := CopyState{req.Inputs}
	var err error
	changed := hash(state.Source) != hash(req.State.Source) || state.RemotePath != req.State.RemotePath
	if changed && !req.DryRun {
		err = state.copy(ctx)
	}
	return infer.UpdateResponse[CopyState]{Output: state}, err
}

func hash(source types.AssetOrArchive) string {
	if source.Archive != nil {
		return source.Archive.Hash
	}
	return source.Asset.Hash
}

func (s *CopyState) copy(ctx context.Context) error {
	client, err := s.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	target, err := sftp.NewClient(client)
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	if s.Source.Asset != nil && s.Source.Asset.IsText() {
		return write(target, s.RemotePath, bytes.NewBufferString(s.Source.Asset.Text))
	}
	source := ""
	if s.Source.Asset != nil {
		source = s.Source.Asset.Path
	} else {
		source = s.Source.Archive.Path
	}
	return copyTree(target, source, s.RemotePath)
}

// copyTree follows cp: into an existing folder, and a source folder keeps its name
// unless its path ends in a slash.
func copyTree(target *sftp.Client, source, dest string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	there, err := target.Stat(dest)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	into := err == nil && there.IsDir()
	if info.IsDir() && !strings.HasSuffix(source, "/") || !info.IsDir() && into {
		dest = path.Join(dest, filepath.Base(source))
	}
	return filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, name)
		if err != nil {
			return err
		}
		to := path.Join(dest, filepath.ToSlash(relative))
		if entry.IsDir() {
			return target.MkdirAll(to)
		}
		file, err := os.Open(name) //nolint:gosec // its purpose
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		return write(target, to, file)
	})
}

// write truncates the remote file, then writes it; no rename, no mode.
func write(target *sftp.Client, dest string, content io.Reader) error {
	if err := target.MkdirAll(path.Dir(dest)); err != nil {
		return err
	}
	file, err := target.Create(dest)
	if err != nil {
		return err
	}
	if _, err := file.ReadFrom(content); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
