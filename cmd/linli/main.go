// Command linli is the whole program: server, demo city and the operator's
// tools. Each subcommand has its file; none holds logic of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"linli/internal/app"
	"linli/internal/kernel/config"
	"linli/internal/kernel/errs"
)

// version is set by the build.
var version = "dev"

// command is a subcommand. run returns nil, a usage error (exit 2), or a failure (exit 1).
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string) error
}

var commands = []command{
	{"serve", "serve the city's desk and API", serve},
	{"demo", "fill an empty data folder with the synthetic demo city", demo},
	{"simulate", "let simulated people live the city's life, or replay messages", simulate},
	{"import", "bring cases in from CSV, JSONL or Excel", importCmd},
	{"export", "write cases to Excel, CSV or JSONL", exportCmd},
	{"backup", "copy a running installation into one file", backup},
	{"restore", "bring a backup into an empty data folder", restore},
	{"verify", "prove that nothing was changed behind the program's back", verify},
	{"appraisal", "draw the sample of an appraisal again, and say whether it is equal", appraisal},
	{"migrate", "bring the database to this version", migrate},
	{"plan", "divide communities into grids, or judge such a plan", plan},
	{"classify", "learn from messages what they are about, and say it of others", classify},
	{"topics", "group a file of messages into what many people speak of", topics},
	{"account", "create accounts, give posts, set passwords", account},
	{"seed-load", "make a large data set for measurements", seedLoad},
	{"version", "print the version", func(context.Context, []string) error { fmt.Println("linli", version); return nil }},
}

// errUsage marks wrong use: exit status 2.
var errUsage = errors.New("usage")

func usage(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errUsage}, args...)...)
}

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		help(os.Stdout)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(os.Stderr, "linli: there is no command %q\n\n", args[0])
		help(os.Stderr)
		return 2
	}
	err := commands[i].run(ctx, args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "linli %s: %s\n", args[0], strings.TrimPrefix(err.Error(), "usage: "))
		return 2
	}
	fmt.Fprintf(os.Stderr, "linli %s: %s\n", args[0], say(err))
	return 1
}

// say is an error in words for a terminal.
func say(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		text := e.Text("zh") + " / " + e.Text("en")
		if e.Cause != nil {
			text += " (" + e.Cause.Error() + ")"
		}
		return text
	}
	return err.Error()
}

func help(w io.Writer) {
	fmt.Fprint(w, "邻里 Linli – community grid governance\n\nusage: linli COMMAND [--data DIR] [--db postgres://…] …\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nlinli COMMAND --help tells more. Environment: LINLI_ADDR, LINLI_DATA, LINLI_DB.\n")
}

// flags are the options that most commands share. data, db and cfg are set by parse,
// unless the flags are bare.
type flags struct {
	*flag.FlagSet
	from *config.Flags
	cfg  config.Config
	data string
	db   string
	json bool
}

func newFlags(name, about string) *flags {
	f := bareFlags(name, about)
	if name == "serve" {
		f.from = config.AddFlags(f.FlagSet)
	} else {
		f.from = config.AddDataFlags(f.FlagSet, nil)
	}
	return f
}

// bareFlags are those of a command that needs no data folder.
func bareFlags(name, about string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet("linli "+name, flag.ContinueOnError)}
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "usage: linli %s\n\n", about)
		f.PrintDefaults()
	}
	f.BoolVar(&f.json, "json", false, "machine-readable output")
	return f
}

// parse reads flags alone; see words.
func (f *flags) parse(args []string) error {
	_, err := f.words(args, 0, 0)
	return err
}

// words reads flags that may stand before, between and after the other
// arguments, of which there must be at least min and at most max, then the
// environment and DATA/linli.json.
func (f *flags) words(args []string, min, max int) (found []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usage("%s", err)
		}
		if f.NArg() == 0 {
			break
		}
		found = append(found, f.Arg(0))
		args = f.Args()[1:]
	}
	if len(found) > max {
		return nil, usage("unexpected argument %q", found[max])
	}
	if len(found) < min {
		return nil, usage("an argument is missing; see linli %s --help", strings.TrimPrefix(f.Name(), "linli "))
	}
	if f.from == nil {
		return found, nil
	}
	if f.cfg, err = f.from.Load(os.Getenv); err != nil {
		return nil, err
	}
	f.data, f.db = f.cfg.Data, f.cfg.DB
	return found, nil
}

func (f *flags) open(ctx context.Context) (*app.App, error) {
	return app.Open(ctx, app.Options{Config: f.cfg, Version: version})
}

// print writes a result as JSON or as the given text.
func (f *flags) print(v any, text string, args ...any) error {
	if f.json {
		e := json.NewEncoder(os.Stdout)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	}
	_, err := fmt.Printf(text, args...)
	return err
}
