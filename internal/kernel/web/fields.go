package web

import (
	"errors"

	"linli/internal/kernel/errs"
)

func as[T error](err error, to *T) bool { return errors.As(err, to) }

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Names of the fields that several rooms use.
var _ = Name(map[string]errs.Words{
	"account": w("账号", "account"), "accounts": w("账号", "accounts"), "action": w("操作", "action"),
	"address": w("地址", "address"), "anonymous": w("匿名", "anonymous"), "area": w("区域", "area"),
	"assists": w("协办单位", "assisting units"), "assist": w("协办单位", "assisting unit"),
	"at": w("日期", "day"), "by": w("统计维度", "grouping"),
	"calendar": w("日历", "calendar"), "cases": w("事件", "cases"), "case": w("事件", "case"), "category": w("事项分类", "category"),
	"category_id": w("事项分类", "category"), "channel": w("来源渠道", "channel"), "closing": w("结案条件", "closing condition"),
	"code": w("编码", "code"), "community": w("社区", "community"), "confirm": w("确认项", "confirmation"), "crs": w("坐标系", "coordinate system"),
	"cursor": w("翻页位置", "page position"), "day": w("日期", "day"), "detail": w("详情", "detail"),
	"district": w("区县", "district"), "evidence": w("证据要求", "evidence"), "exclude": w("排除项", "exclusion"), "figure": w("指标", "figure"),
	"files": w("附件", "files"), "filing": w("立案条件", "filing condition"), "format": w("文件格式", "format"),
	"from": w("开始日期", "first day"), "grade": w("分级", "grade"), "grid": w("网格", "grid"), "grid_id": w("网格", "grid"),
	"id": w("编号", "id"), "into": w("并入的事件", "the case to merge into"), "items": w("内容", "items"), "kind": w("类型", "kind"),
	"lang": w("语言", "language"), "lat": w("纬度", "latitude"), "lead": w("主办单位", "lead unit"), "level": w("层级", "level"),
	"limit": w("每页条数", "page size"), "limits": w("时限", "limits"), "login": w("登录名", "login"), "lon": w("经度", "longitude"),
	"n": w("数量", "number"), "name": w("姓名或名称", "name"), "name_en": w("英文名称", "English name"), "new": w("新密码", "new password"),
	"note": w("备注", "note"), "object": w("对象", "object"), "object_id": w("对象编号", "object id"), "occurred_at": w("发生时间", "time of the event"),
	"old": w("原密码", "old password"), "onsite": w("现场处置", "on-site result"), "org": w("单位", "organisation"), "orgs": w("单位", "organisations"),
	"outside_number": w("外部编号", "outside number"), "page": w("页面", "page"), "parent": w("上级", "parent"), "part": w("指标部分", "part of the figure"),
	"parts": w("拆分内容", "parts"), "password": w("密码", "password"), "pending": w("待审事项", "pending request"), "phone": w("电话", "phone"), "place": w("地点", "place"),
	"post": w("岗位", "post"), "posts": w("岗位", "posts"), "proposed": w("建议单位", "proposed unit"), "purpose": w("用途", "purpose"),
	"q": w("搜索内容", "search words"), "query": w("查询条件", "query"), "reached": w("是否接通", "reached"), "reason": w("理由", "reason"), "region": w("区划", "region"),
	"reporter": w("反映人", "reporter"), "request": w("申请", "request"), "result": w("办理结果", "result"), "review": w("复核日期", "review day"),
	"role": w("角色", "role"), "rules": w("规则", "rules"), "satisfied": w("满意度", "satisfaction"), "sealed": w("身份保密", "sealed identity"),
	"solved": w("是否解决", "solved"), "sort": w("排序", "order"), "status": w("状态", "status"), "street": w("街道", "street"),
	"text": w("内容", "text"), "title": w("标题", "title"), "to": w("结束日期", "last day"), "type": w("类型", "type"), "until": w("延期至", "new limit"),
	"unit": w("单位", "unit"), "unit_kind": w("单位类型", "kind of unit"), "valid_from": w("生效日期", "first day in force"), "version": w("版本号", "version"), "year": w("年份", "year"),
})
