package planning

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"
)

// shared is the folder of real data beside the repository; tests that need
// it skip where it is absent.
func shared(t testing.TB, file string) string {
	t.Helper()
	path := filepath.Join(cmp.Or(os.Getenv("LINLI_SHARED"), "../../../../shared"), file)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared data: %v", err)
	}
	return path
}
