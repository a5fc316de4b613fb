package files

import "encoding/binary"

// orientation finds the EXIF orientation (1–8) of a picture, 1 if it says
// nothing or nonsense. It reads only lengths that lie inside the data.
func orientation(format string, b []byte) int {
	switch format {
	case "jpeg":
		for i := 2; i+4 <= len(b) && b[i] == 0xFF; {
			marker, n := b[i+1], int(binary.BigEndian.Uint16(b[i+2:]))
			if marker == 0xFF { // fill byte
				i++
				continue
			}
			if marker == 0xDA || n < 2 || i+2+n > len(b) {
				break
			}
			if seg := b[i+4 : i+2+n]; marker == 0xE1 && len(seg) > 6 && string(seg[:6]) == "Exif\x00\x00" {
				return tiffOrientation(seg[6:])
			}
			i += 2 + n
		}
	case "png":
		for i := 8; i+12 <= len(b); {
			n := int(binary.BigEndian.Uint32(b[i:]))
			if n < 0 || n > len(b)-i-12 {
				break
			}
			if string(b[i+4:i+8]) == "eXIf" {
				return tiffOrientation(b[i+8 : i+8+n])
			}
			i += 12 + n
		}
	case "webp":
		for _, c := range webpChunks(b) {
			if c.name == "EXIF" {
				if len(c.data) > 6 && string(c.data[:6]) == "Exif\x00\x00" {
					c.data = c.data[6:]
				}
				return tiffOrientation(c.data)
			}
		}
	}
	return 1
}

// tiffOrientation reads tag 0x0112 of the first directory.
func tiffOrientation(b []byte) int {
	if len(b) < 14 {
		return 1
	}
	var o binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		o = binary.LittleEndian
	case "MM\x00*":
		o = binary.BigEndian
	default:
		return 1
	}
	at := int64(o.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	for i, n := int64(0), int64(o.Uint16(b[at:])); i < n; i++ {
		e := at + 2 + 12*i
		if e+12 > int64(len(b)) {
			break
		}
		if o.Uint16(b[e:]) == 0x0112 {
			if v := int(o.Uint16(b[e+8:])); 1 <= v && v <= 8 {
				return v
			}
			break
		}
	}
	return 1
}

type chunk struct {
	name string
	data []byte
}

// webpChunks lists the chunks of a RIFF file.
func webpChunks(b []byte) []chunk {
	var all []chunk
	for i := 12; i+8 <= len(b) && len(all) < 64; {
		n := int64(binary.LittleEndian.Uint32(b[i+4:]))
		if n > int64(len(b)-i-8) {
			break
		}
		all = append(all, chunk{string(b[i : i+4]), b[i+8 : i+8+int(n)]})
		i += 8 + int(n) + int(n&1)
	}
	return all
}

// webpFrame is the largest size that any frame in a WebP file claims: the
// picture may be larger than what the file's header says.
func webpFrame(b []byte) (w, h int) {
	for _, c := range webpChunks(b) {
		d := c.data
		cw, ch := 0, 0
		switch {
		case c.name == "VP8 " && len(d) >= 10:
			cw, ch = int(binary.LittleEndian.Uint16(d[6:]))&0x3FFF, int(binary.LittleEndian.Uint16(d[8:]))&0x3FFF
		case c.name == "VP8L" && len(d) >= 5:
			v := binary.LittleEndian.Uint32(d[1:])
			cw, ch = int(v&0x3FFF)+1, int(v>>14&0x3FFF)+1
		case c.name == "VP8X" && len(d) >= 10:
			cw, ch = 1+int(d[4])+int(d[5])<<8+int(d[6])<<16, 1+int(d[7])+int(d[8])<<8+int(d[9])<<16
		}
		w, h = max(w, cw), max(h, ch)
	}
	return w, h
}
