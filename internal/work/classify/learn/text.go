package learn

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxUnits = 4000 // of a text; what follows hardly counts, see weightAt
	maxLatin = 24   // bytes of a Latin word; the rest is cut
)

// scan hands out the units of a text: a Chinese character, a run of letters in
// lower case, "0" for a run of digits. Spaces and marks part nothing but runs, so
// that a segmented text reads like a raw one. from and to are bytes of text; unit
// is valid only during the call. emit returns false to stop.
func scan(text string, emit func(unit []byte, from, to int) bool) {
	var buf [maxLatin + utf8.UTFMax]byte
	n, from, digits := 0, 0, false
	flush := func(to int) bool {
		if n == 0 {
			return true
		}
		k := n
		n = 0
		return emit(buf[:k], from, to)
	}
	for i, r := range text {
		if r >= 0xFF01 && r <= 0xFF5E { // full-width forms of ASCII
			r -= 0xFEE0
		}
		switch {
		case r >= 0x3400 && r <= 0x9FFF || r >= 0x20000 && r <= 0x3FFFF:
			if !flush(i) {
				return
			}
			n, from = utf8.EncodeRune(buf[:], r), i
			if !flush(i + utf8.RuneLen(r)) {
				return
			}
		case r >= '0' && r <= '9':
			if n > 0 && digits {
				continue
			}
			if !flush(i) {
				return
			}
			buf[0], n, from, digits = '0', 1, i, true
		case unicode.IsLetter(r):
			if n > 0 && digits && !flush(i) {
				return
			}
			if n == 0 {
				from, digits = i, false
			}
			if n < maxLatin {
				n += utf8.EncodeRune(buf[n:], unicode.ToLower(r))
			}
		default:
			if !flush(i) {
				return
			}
		}
	}
	flush(len(text))
}

// token is a unit of a text; id is 0 where the lexicon does not know it.
type token struct {
	id       uint16
	from, to int32 // bytes of the text
}

// tokens appends the units of a text to list.
func (l *lexicon) tokens(list []token, text string) []token {
	start := len(list)
	scan(text, func(unit []byte, from, to int) bool {
		list = append(list, token{l.ids[string(unit)], int32(from), int32(to)})
		return len(list)-start < maxUnits
	})
	return list
}

// Join makes one text of the parts of a message, the most telling first.
func Join(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	return strings.Join(parts, "\n")
}

// stopWords say nothing about the matter: particles, pronouns, conjunctions,
// politeness. They are left out before features are made.
var stopWords = strings.Fields(`的 了 和 是 在 我 有 也 就 都 而 及 与 着 或 一个 没有 我们 你们 他们 她们 它们 是否 不 为 到 被 对 要 又 还 将 向 上 下 地 一 并 去 来
能 给 从 会 等 以 之 于 其 把 让 没 该 此 这 那 这个 那个 这些 那些 这样 那样 什么 怎么 为什么 为何 如何 吗 呢 吧 啊 呀 您 你 他 她 它 们 自己 因 因为 所以 但 但是 可是
然而 而且 并且 如果 只要 只有 虽然 还是 还有 就是 也是 都是 不是 都有 可以 不能 任何 以及 或者 由 由于 所 得 过 起 至 按 按照 比 跟 才 则 却 更 很 非常 最 太 多 大 打
个 各 每 内 里 中 外 前 后 时 时候 关于 根据 通过 为了 作为 有关 相关 一些 一样 一直 已 已经 曾 曾经 正在 会不 不会 不得 不要 不可 无 非 如 如此 何 何时 哪 哪里 谁 几
多少 尽快 多次 到处 开始 其他 其它 别 别人 本 本人 大家 仍 仍然 即 即将 靠 叫 使 用 当 自 往 拿 再 便 只 仅 尤其 甚至 甚 例如 比如 总之 同时 另外 此外 因此 于是 那么
这么 这里 那里 现 现在 请问
the a an of to and or is are was were be been in on at by for with from this that these those it its i we you they he she my our your their not no do does did have has had
will would can could should please there here as if but so than then`)
