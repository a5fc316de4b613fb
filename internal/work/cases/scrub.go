package cases

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden stands where something personal was.
const hidden = "***"

// What may tell who somebody is or where exactly somebody lives. A text that is
// shown to the public rather loses a harmless word than keeps a harmful one.
var (
	scrubMail = regexp.MustCompile(`[\pL\pN._%+\-]+\s*(?:@|＠|\(at\)|\[at\])\s*[\pL\pN.\-]+(?:\.[\pL]{2,})?`)
	// 鄂D·12345, also new energy plates with six signs.
	scrubPlate = regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Za-z]\s*[·•.\-]?\s*[A-Za-z0-9]{4,6}[挂学警港澳]?`)
	scrubChat  = regexp.MustCompile(`(?i)((?:微信|微号|威信|wechat|weixin|v信|vx|qq|抖音)(?:号码|号)?\s*(?:是|为|id)?\s*[:：]?\s*)[a-z0-9_\-]{5,}`)
	scrubLink  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s，。；、）)]+`)
	// 3栋2单元501室, 12-3-501, 501房; the house in the street stays.
	scrubRoom = regexp.MustCompile(`(?:[0-9一二三四五六七八九十百零〇]+\s*(?:单元|门洞|门)\s*)?[0-9一二三四五六七八九十百零〇A-Za-z]+[\-—－]?[0-9]*\s*(?:室|号房|房间|房)`)
	scrubUnit = regexp.MustCompile(`[0-9一二三四五六七八九十]+\s*单元(?:\s*[0-9]{3,4})?`)
	scrubDash = regexp.MustCompile(`([0-9A-Za-z]+\s*(?:栋|幢|座|号楼|#)\s*)[0-9]{1,2}[\-—－][0-9]{3,4}|\b[0-9]{1,3}[\-—－][0-9]{1,2}[\-—－][0-9]{3,4}\b`)
	scrubFlat = regexp.MustCompile(`([0-9A-Za-z]+\s*(?:栋|幢|座|号楼|#)\s*)[0-9]{3,4}`)
	scrubEN   = regexp.MustCompile(`(?i)\b((?:flat|apt\.?|apartment|room|unit|suite)\s*(?:no\.?|number|#)?\s*)[0-9]+[a-z]?\b`)
	// After these words stands a name.
	scrubNamed   = regexp.MustCompile(`((?:我叫|名叫|名字叫|名字是|姓名|联系人|当事人|户主|业主姓名|本人叫|本人姓名)\s*(?:是|为)?\s*[:：]?\s*)\p{Han}{1,2}(?:·?\p{Han}{1,2})?`)
	scrubIAm     = regexp.MustCompile(`((?:我是|本人是)\s*)[` + surnames + `]\p{Han}{1,2}`)
	scrubMyself  = regexp.MustCompile(`(本人\s*)[` + surnames + `]\p{Han}{1,2}([，。,.、；;\s]|$)`)
	scrubCalled  = regexp.MustCompile(`[` + surnames + `]\p{Han}{0,2}(先生|女士|小姐|太太|老师|阿姨|叔叔|大爷|大妈|大叔|大姐|大哥|师傅|医生|老板|经理|主任|书记|局长|科长|所长|队长|校长|同志)`)
	scrubTitle   = regexp.MustCompile(`(局长|主任|书记|科长|所长|队长|校长|经理|老板|医生|老师|师傅)([` + surnames + `]\p{Han}{1,2})`)
	scrubNameEN  = regexp.MustCompile(`((?i:(?:name is|named|i am|i'm|this is|contact|call|ask for|mr\.?|mrs\.?|ms\.?|miss|dr\.?)\s+|name\s*[:：]\s*))((?:(?i:mr|mrs|ms|miss|dr)\.?\s+)?[A-Z][\p{L}'\-]+(?:\s+[A-Z][\p{L}'\-]+){0,2})`)
	scrubChinese = regexp.MustCompile(`[零〇一二三四五六七八九幺两]{7,}`)
)

// surnames are the most frequent ones, 98 % of people.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝封官谈匡鞠惠荆乐冀胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻厉房"

// Scrub takes out of a text what may tell who somebody is: telephone, identity
// and other long numbers, e-mail and chat names, links, number plates, names
// where the words around give them away, rooms and units of a house. What it
// makes, it leaves alone.
func Scrub(text string) string {
	s := strings.ToValidUTF8(text, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case '０' <= r && r <= '９', 'Ａ' <= r && r <= 'Ｚ', 'ａ' <= r && r <= 'ｚ': // full-width signs hide nothing
			return r - 0xFEE0
		case unicode.Is(unicode.Cf, r): // invisible signs between digits
			return -1
		}
		return r
	}, s)
	s = scrubMail.ReplaceAllString(s, hidden)
	s = scrubLink.ReplaceAllString(s, hidden)
	s = scrubPlate.ReplaceAllString(s, hidden)
	s = scrubChat.ReplaceAllString(s, "${1}"+hidden)
	s = scrubRoom.ReplaceAllString(s, hidden)
	s = scrubDash.ReplaceAllString(s, "${1}"+hidden)
	s = scrubUnit.ReplaceAllString(s, hidden)
	s = scrubFlat.ReplaceAllString(s, "${1}"+hidden)
	s = scrubEN.ReplaceAllString(s, "${1}"+hidden)
	s = scrubNamed.ReplaceAllString(s, "${1}"+hidden)
	s = scrubIAm.ReplaceAllString(s, "${1}"+hidden)
	s = scrubMyself.ReplaceAllString(s, "${1}"+hidden+"${2}")
	s = scrubCalled.ReplaceAllString(s, hidden+"${1}")
	s = scrubTitle.ReplaceAllString(s, "${1}"+hidden)
	s = namesEN(s)
	s = scrubChinese.ReplaceAllString(s, hidden)
	return numbers(s)
}

// namesEN hides the names that English words lead to. A name may go over the end
// of a line, but ends where such words begin anew.
func namesEN(s string) string {
	var b strings.Builder
	for {
		m := scrubNameEN.FindStringSubmatchIndex(s)
		if m == nil {
			return b.String() + s
		}
		end := m[5]
		for i := m[4] + 1; i < m[5]; i++ {
			if s[i-1] > ' ' {
				continue
			}
			if next := scrubNameEN.FindStringIndex(s[i:]); next != nil && next[0] == 0 {
				end = i - 1
				break
			}
		}
		b.WriteString(s[:m[3]] + hidden)
		s = s[end:]
	}
}

// numbers hides digits that may be a telephone, an identity card or an account:
// seven or more in a row, or eleven or more with single separators between them.
// A date has eight with separators and stays.
func numbers(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			_, n := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		end, n, row, longest := i, 0, 0, 0
		for k := i; k < len(s); {
			r, size := utf8.DecodeRuneInString(s[k:])
			if '0' <= r && r <= '9' {
				n, row = n+1, row+1
				longest = max(longest, row)
				end = k + size
			} else if row = 0; !strings.ContainsRune(" -.—－·()（）/", r) || k-end > 2 {
				break
			}
			k += size
		}
		if longest >= 7 || n >= 11 {
			b.WriteString(hidden)
			if end < len(s) && (s[end] == 'X' || s[end] == 'x') { // the check sign of an identity card
				end++
			}
		} else {
			b.WriteString(s[i:end])
		}
		i = end
	}
	return b.String()
}
