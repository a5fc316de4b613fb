package files

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/internal/kernel/errs"
)

// What may be wrong with a file.
var (
	KindRefused = errs.Declare("file_type", 422, "只接受 JPEG、PNG、WebP 照片、PDF 文件和一分钟以内的录音。", "Only JPEG, PNG and WebP photos, PDF documents and recordings of at most a minute are accepted.")
	TooLong     = errs.Declare("file_sound_long", 422, "录音太长，最长 1 分钟、1 MB。", "The recording is too long; at most 1 minute and 1 MB.")
	Damaged     = errs.Declare("file_damaged", 422, "文件已损坏或不完整,请重新拍摄或另选文件。", "The file is damaged or incomplete; take the photo again or choose another file.")
	TooManyDots = errs.Declare("file_pixels", 422, "照片尺寸过大,最多 {max} 百万像素。", "The photo has too many pixels; at most {max} million.")
	Active      = errs.Declare("file_active", 422, "此 PDF 含有脚本、附件或可执行内容,不能上传。请另存为普通 PDF。", "This PDF holds scripts, attachments or programs and is refused. Save it as a plain PDF.")
	Empty       = errs.Declare("file_empty", 422, "文件是空的。", "The file is empty.")
	Checksum    = errs.Declare("file_checksum", 422, "文件在上传中发生了变化,请重新上传。", "The file changed on its way; please upload it again.")
	NotReady    = errs.Declare("file_not_ready", 422, "附件 {id} 不存在、尚未上传完成或已用于别处。", "File {id} does not exist, is not fully uploaded or is used elsewhere.")
	TooMany     = errs.Declare("file_too_many", 422, "附件太多,最多 {max} 个。", "Too many files; at most {max}.")
	Unfinished  = errs.Declare("file_unfinished", 429, "未完成的上传太多,请先完成或取消其中一些。", "Too many unfinished uploads; finish or cancel some first.")
	InUse       = errs.Declare("file_in_use", 409, "附件已归入记录,不能删除。", "The file belongs to a record and cannot be deleted.")
	Locked      = errs.Declare("file_locked", 423, "此文件正在另一处上传,请稍后继续。", "This file is being uploaded elsewhere; continue shortly.")
	Protocol    = errs.Declare("file_protocol", 412, "上传协议版本不支持,需要 tus 1.0.0。", "Unsupported upload protocol; tus 1.0.0 is needed.")
	NoRoom      = errs.Declare("photo_storage_full", 507, "存储空间将满，暂不接收照片，文字记录照常受理。照片请保留在手机上，稍后自动续传。", "Storage is nearly full: photos are not taken just now, records are. Keep the photo; it goes on later.")
	Malformed   = errs.Declare("file_request", 400, "上传请求格式有误。", "The upload request is malformed.")
)

// Limits.
const (
	MaxBytes     = 20 << 20 // an upload
	MaxMegapixel = 40
	MaxPerObject = 60
	maxOpen      = 40 // unfinished uploads of one account

	SoundMaxBytes = 1 << 20
	SoundMax      = time.Minute
	soundSlack    = 3 * time.Second // a phone is slow to stop
	maxEdge       = 2560
	thumbEdge     = 320
	quality       = 82
	thumbQuality  = 75
)

// The types that are kept.
const (
	JPEG = "image/jpeg"
	PDF  = "application/pdf"
	WebM = "audio/webm"
	Ogg  = "audio/ogg"
	MP4  = "audio/mp4"
)

// forms are how files are named: "照片 1.jpg".
var forms = map[string]struct{ word, ending string }{
	JPEG: {"照片", ".jpg"}, PDF: {"文件", ".pdf"}, WebM: {"录音", ".webm"}, Ogg: {"录音", ".ogg"}, MP4: {"录音", ".m4a"},
}

// Size says which form of a file is wanted.
type Size string

// The forms. Documents and sounds have no thumbnail.
const (
	Full  Size = "full"
	Thumb Size = "thumb"
)

// File is what is known about a stored file.
type File struct {
	District   int
	ID         int64
	Owner      int64  `json:"-"` // account that uploaded it: for decisions, not for pages
	Name       string // as shown
	Type       string // one of those above
	Size       int64  // bytes
	ThumbSize  int64  // 0: no thumbnail
	Width      int
	Height     int
	Kind       string // of the object it is attached to, "" if none
	Object     int64
	CreatedAt  int64 // microseconds UTC
	AttachedAt int64

	sha    string
	source string
}

// Photo tells whether the file is a picture.
func (f File) Photo() bool { return f.Type == JPEG }

// NameFor is the neutral name of the n-th file of an object.
func NameFor(typ string, n int) string {
	return fmt.Sprintf("%s %d%s", forms[typ].word, n, forms[typ].ending)
}

// CleanName makes a given file name harmless: no folders, control or direction
// characters, at most 80 characters, and the ending of the type.
func CleanName(name, typ string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune(`/:*?"<>|`, r), r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 6 {
		name = name[:i]
	}
	name = strings.Trim(name, ". ")
	if utf8.RuneCountInString(name) > 80 {
		name = string([]rune(name)[:80])
	}
	form, known := forms[typ]
	if !known { // not whole yet
		form = forms[JPEG]
	}
	return cmp.Or(name, form.word) + form.ending
}
