package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"linli/internal/kernel/errs"
)

// How much room must stay free before uploads are taken.
const (
	minFree     = 200 << 20
	minShare    = 33       // a 33rd of the disk, 3 %
	minFreeMost = 20 << 30 // of a very large disk this is enough
)

// disk is the folder of contents.
type disk struct {
	root string
	free func(path string) (free, total uint64, err error)
	hook func(step string) error // tests let a step fail
}

func openDisk(root string) (*disk, error) {
	d := &disk{root: root, free: statfs, hook: func(string) error { return nil }}
	if err := os.MkdirAll(d.staging(), 0o700); err != nil {
		return nil, err
	}
	return d, errors.Join(syncDir(root), syncDir(filepath.Dir(root)))
}

func statfs(path string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// room is NoRoom when the disk is nearly full: the rest is kept for
// the database, so that cases can still be reported.
func (d *disk) room(need int64) error {
	free, total, err := d.free(d.root)
	if err != nil {
		return err
	}
	if free < minFree+uint64(need) || free < min(total/minShare, minFreeMost) {
		return NoRoom.New()
	}
	return nil
}

// full turns "no space left" into the catalogue's error.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return NoRoom.New().Because(err)
	}
	return err
}

func (d *disk) staging() string        { return filepath.Join(d.root, "tmp") }
func (d *disk) staged(id int64) string { return filepath.Join(d.staging(), strconv.FormatInt(id, 10)) }
func (d *disk) path(sha string) string { return filepath.Join(d.root, sha[:2], sha[2:4], sha) }

func (d *disk) thumb(sha string) string { return d.path(sha) + ".thumb" }

// keep stores a content and its thumbnail durably and returns its name.
func (d *disk) keep(c content) (sha string, err error) {
	sum := sha256.Sum256(c.body)
	sha = hex.EncodeToString(sum[:])
	dir := filepath.Dir(d.path(sha))
	if err := d.mkdir(filepath.Dir(dir)); err != nil {
		return "", full(err)
	}
	if err := d.mkdir(dir); err != nil {
		return "", full(err)
	}
	if len(c.thumb) > 0 { // first, so that a content never lacks it
		if err := d.write(d.thumb(sha), c.thumb); err != nil {
			return "", full(err)
		}
	}
	if err := d.write(d.path(sha), c.body); err != nil {
		return "", full(err)
	}
	return sha, full(syncDir(dir))
}

// has tells whether the content is stored whole, and marks it as wanted: Sweep
// leaves alone what was touched lately.
func (d *disk) has(f File) bool {
	st, err := os.Stat(d.path(f.sha))
	if err != nil || st.Size() != f.Size {
		return false
	}
	if f.ThumbSize > 0 {
		if st, err := os.Stat(d.thumb(f.sha)); err != nil || st.Size() != f.ThumbSize {
			return false
		}
	}
	now := time.Now()
	return os.Chtimes(d.path(f.sha), now, now) == nil
}

func (d *disk) mkdir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// write puts a file in place whole or not at all.
func (d *disk) write(path string, body []byte) error {
	f, err := os.CreateTemp(d.staging(), "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(body)
	if err = errors.Join(err, d.hook("write"), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// drop removes a content.
func (d *disk) drop(sha string) error {
	err := errors.Join(ignoreMissing(os.Remove(d.path(sha))), ignoreMissing(os.Remove(d.thumb(sha))))
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// lock takes a file for this process; Locked if another has it.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return Locked.New()
	}
	return err
}

// create makes an empty staged file durably.
func (d *disk) create(id int64) error {
	f, err := os.OpenFile(d.staged(id), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return full(err)
	}
	return full(errors.Join(f.Sync(), f.Close(), syncDir(d.staging())))
}

// extend appends to a staged file from where it is expected to end and makes
// the bytes durable. n counts what is safe, also beside an error.
func (d *disk) extend(id, offset int64, src io.Reader) (n int64, err error) {
	f, err := os.OpenFile(d.staged(id), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return 0, full(err)
	}
	defer f.Close()
	if err := lock(f); err != nil {
		return 0, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	if end != offset {
		return 0, errs.Conflict.New("what", errs.Words{ZH: "上传进度", EN: "the upload's offset"})
	}
	n, err = io.Copy(f, src)
	err = errors.Join(err, d.hook("chunk"))
	if e := f.Sync(); e != nil {
		return 0, full(e)
	}
	return n, full(err)
}

// hash is the SHA-256 of a file.
func hash(f *os.File) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, 1<<62)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
