// Command pgcluster runs a command with a private PostgreSQL cluster that all
// its test processes share: pgcluster [-durable] COMMAND ARG… . Where
// PostgreSQL is not installed it runs the command without.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"linli/internal/kernel/store/storetest"
)

func main() {
	args, durable := os.Args[1:], false
	if len(args) > 0 && args[0] == "-durable" {
		args, durable = args[1:], true
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: pgcluster [-durable] COMMAND ARG…")
		os.Exit(2)
	}
	dir, err := storetest.StartCluster(durable)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = os.Environ()
	if dir != "" {
		cmd.Env = append(cmd.Env, storetest.SocketEnv+"="+dir)
		defer os.RemoveAll(dir)
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.RemoveAll(dir)
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
