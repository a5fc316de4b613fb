package files

import (
	"bytes"
	"encoding/binary"
	"time"
)

// sound checks a short recording as browsers make them – WebM or MP4 with one
// track of sound, Ogg with Opus – and blanks in place what it tells beside the
// sound: titles, tags, pictures, places, when and with what it was made. Nothing
// moves in the file, so that what points into it stays right.
func sound(format string, raw []byte) (content, error) {
	if len(raw) > SoundMaxBytes {
		return content{}, TooLong.New()
	}
	c := content{body: raw}
	var length time.Duration
	var ok bool
	switch format {
	case "webm":
		c.typ = WebM
		length, ok = webm(raw)
	case "ogg":
		c.typ = Ogg
		length, ok = ogg(raw)
	case "mp4":
		c.typ = MP4
		length, ok = mp4(raw)
	}
	if !ok {
		return content{}, KindRefused.New()
	}
	if length > SoundMax+soundSlack {
		return content{}, TooLong.New()
	}
	return c, nil
}

// EBML ids (RFC 8794, RFC 9559), with their length marker.
const (
	ebmlHead, ebmlDocType, ebmlVoid            = 0x1A45DFA3, 0x4282, 0xEC
	mkSegment, mkInfo, mkScale                 = 0x18538067, 0x1549A966, 0x2AD7B1
	mkTracks, mkTrack, mkTrackType, mkCodec    = 0x1654AE6B, 0xAE, 0x83, 0x86
	mkCluster, mkTime, mkGroup, mkBlock, mkOne = 0x1F43B675, 0xE7, 0xA0, 0xA1, 0xA3
	mkTags, mkFiles, mkChapters                = 0x1254C367, 0x1941A469, 0x1043A770
	mkTitle, mkDate, mkName                    = 0x7BA9, 0x4461, 0x536E
)

// vint reads a number of variable length; marked: with its length marker, as ids
// are written. all: every bit is set, which stands for a size that is not known.
func vint(b []byte, marked bool) (v uint64, n int, all bool) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0, false
	}
	for n = 1; b[0]&(0x80>>(n-1)) == 0; n++ {
	}
	if n > len(b) {
		return 0, 0, false
	}
	v = uint64(b[0])
	if !marked {
		v &= 1<<(8-n) - 1
	}
	for _, x := range b[1:n] {
		v = v<<8 | uint64(x)
	}
	return v, n, v == 1<<(7*n)-1
}

func number(b []byte) (v uint64) {
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

// webm walks a WebM file of sound; browsers write it as a stream, with segments
// and clusters of unknown size.
func webm(b []byte) (length time.Duration, ok bool) {
	scale, cluster, last := uint64(time.Millisecond), uint64(0), uint64(0)
	webm, tracks, blocks := false, 0, 0
	for at := 0; at < len(b); {
		id, n, _ := vint(b[at:], true)
		if n == 0 || n > 4 {
			return 0, false
		}
		size, m, unknown := vint(b[at+n:], false)
		if m == 0 {
			return 0, false
		}
		from := at + n + m
		switch id { // what holds others is stepped into
		case ebmlHead, mkSegment, mkInfo, mkTracks, mkTrack, mkCluster, mkGroup:
			if id == mkTrack {
				tracks++
			}
			at = from
			continue
		}
		if unknown || size > uint64(len(b)-from) {
			return 0, false
		}
		end := from + int(size)
		data := b[from:end]
		switch id {
		case ebmlDocType:
			webm = string(data) == "webm"
		case mkTrackType:
			if number(data) != 2 {
				return 0, false
			}
		case mkCodec:
			if codec := string(data); codec != "A_OPUS" && codec != "A_VORBIS" {
				return 0, false
			}
		case mkScale:
			scale = number(data)
		case mkTime:
			cluster = number(data)
		case mkBlock, mkOne:
			_, n, _ := vint(data, false)
			if n == 0 || len(data) < n+2 {
				return 0, false
			}
			blocks++
			last = max(last, cluster+uint64(int64(int16(binary.BigEndian.Uint16(data[n:])))))
		case mkTags, mkFiles, mkChapters, mkTitle, mkDate, mkName:
			void(b[at:end])
		}
		at = end
	}
	if !webm || tracks == 0 || blocks == 0 || scale == 0 || last > uint64(time.Hour)/scale {
		return time.Hour, webm && tracks > 0 && blocks > 0
	}
	return time.Duration(last * scale), true
}

// void makes an element one of the same length that says nothing.
func void(b []byte) {
	n := len(b)
	clear(b)
	b[0] = ebmlVoid
	if n < 10 {
		b[1] = 0x80 | byte(n-2)
		return
	}
	binary.BigEndian.PutUint64(b[1:], 1<<56|uint64(n-9))
}

// ogg walks pages (RFC 3533) with one stream of Opus (RFC 7845).
func ogg(b []byte) (length time.Duration, ok bool) {
	var serial uint32
	var skip, last uint64
	page := 0
	for ; len(b) > 0; page++ {
		if len(b) < 27 || string(b[:4]) != "OggS" || len(b) < 27+int(b[26]) {
			return 0, false
		}
		from := 27 + int(b[26])
		size := from
		for _, n := range b[27:from] {
			size += int(n)
		}
		if size > len(b) {
			return 0, false
		}
		body, stream := b[from:size], binary.LittleEndian.Uint32(b[14:])
		switch {
		case page == 0:
			if !bytes.HasPrefix(body, []byte("OpusHead")) || len(body) < 19 {
				return 0, false
			}
			serial, skip = stream, uint64(binary.LittleEndian.Uint16(body[10:]))
		case stream != serial:
			return 0, false
		case page == 1:
			// The comments are one packet; longer than a page they hold pictures.
			if !bytes.HasPrefix(body, []byte("OpusTags")) || len(body) < 16 || b[from-1] == 255 {
				return 0, false
			}
			clear(body[8:])
			binary.LittleEndian.PutUint32(b[22:], 0)
			binary.LittleEndian.PutUint32(b[22:], oggSum(b[:size]))
		}
		if at := binary.LittleEndian.Uint64(b[6:]); at != 1<<64-1 { // no packet ends here
			last = at
		}
		b = b[size:]
	}
	if page < 3 || last < skip {
		return 0, false
	}
	return time.Duration(min(last-skip, 48_000*3600)) * time.Second / 48_000, true
}

// oggSum is Ogg's own CRC-32: no reflection, no inversion.
func oggSum(b []byte) (sum uint32) {
	for _, x := range b {
		sum ^= uint32(x) << 24
		for range 8 {
			if sum>>31 == 1 {
				sum = sum<<1 ^ 0x04C11DB7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// mp4 walks the boxes (ISO/IEC 14496-12) of a file of sound, whole or in fragments.
func mp4(b []byte) (length time.Duration, ok bool) {
	var scale, last uint64
	moov, mdat, tracks := false, false, 0
	// long reads a field of four bytes, eight in version 1 of its box.
	long := func(data []byte, at int) uint64 {
		if data[0] == 1 {
			return binary.BigEndian.Uint64(data[at:])
		}
		return uint64(binary.BigEndian.Uint32(data[at:]))
	}
	for at := 0; at < len(b); {
		if len(b)-at < 8 {
			return 0, false
		}
		size, head := uint64(binary.BigEndian.Uint32(b[at:])), 8
		switch {
		case size == 0:
			size = uint64(len(b) - at)
		case size == 1 && len(b)-at >= 16:
			size, head = binary.BigEndian.Uint64(b[at+8:]), 16
		}
		if size < uint64(head) || size > uint64(len(b)-at) {
			return 0, false
		}
		end := at + int(size)
		data := b[at+head : end]
		switch name := string(b[at+4 : at+8]); name {
		case "moov", "trak", "mdia", "minf", "stbl", "moof", "traf": // stepped into
			moov = moov || name == "moov"
			if name == "trak" {
				tracks++
			}
			at += head
			continue
		case "mdat":
			mdat = true
		case "udta", "meta", "uuid", "free", "skip":
			copy(b[at+4:], "free")
			clear(data)
		case "mvhd", "tkhd", "mdhd": // when it was made and changed
			wide := 4
			if len(data) > 0 && data[0] == 1 {
				wide = 8
			}
			if len(data) < 8+3*wide {
				return 0, false
			}
			clear(data[4 : 4+2*wide])
			if name == "mdhd" {
				scale = uint64(binary.BigEndian.Uint32(data[4+2*wide:]))
				if n := long(data, 8+2*wide); n < 1<<32-1 { // all ones: not known
					last = max(last, n)
				}
			}
		case "hdlr":
			if len(data) < 12 || string(data[8:12]) != "soun" {
				return 0, false
			}
		case "stsd":
			if len(data) < 16 || string(data[12:16]) != "mp4a" && string(data[12:16]) != "Opus" {
				return 0, false
			}
		case "tfdt":
			if len(data) < 12 && (len(data) < 8 || data[0] == 1) {
				return 0, false
			}
			last = max(last, long(data, 4))
		}
		at = end
	}
	if !moov || !mdat || tracks != 1 || scale == 0 {
		return 0, false
	}
	return time.Duration(min(last/scale, 3600)) * time.Second, true
}
