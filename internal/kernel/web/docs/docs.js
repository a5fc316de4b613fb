// Renders /api/openapi.json. No library, no inline script, nothing from outside.
"use strict";
(function () {
  var words = {
    zh: { params: "参数", body: "请求内容", answers: "返回", policy: "权限", field: "字段", where: "位置", type: "类型", note: "说明", problems: "错误代码", status: "状态", required: "必填", other: "English", none: "没有匹配的接口", failed: "读取失败，请刷新重试。" },
    en: { params: "Parameters", body: "Body", answers: "Answers", policy: "Policy", field: "field", where: "in", type: "type", note: "note", problems: "Problem codes", status: "status", required: "required", other: "中文", none: "Nothing matches", failed: "Could not be read; reload the page." },
  };
  var lang = (navigator.language || "zh").toLowerCase().indexOf("en") === 0 ? "en" : "zh";
  var spec = null;

  function el(tag, attrs) {
    var n = document.createElement(tag);
    for (var k in attrs || {}) n.setAttribute(k, attrs[k]);
    for (var i = 2; i < arguments.length; i++) {
      var c = arguments[i];
      if (c === null || c === undefined) continue;
      n.append(c);
    }
    return n;
  }
  function resolve(s) {
    while (s && s.$ref) {
      var name = s.$ref.split("/").pop();
      s = spec.components.schemas[name];
    }
    return s || {};
  }
  function kind(s) {
    var name = s && s.$ref ? s.$ref.split("/").pop() : "";
    s = resolve(s);
    var t = Array.isArray(s.type) ? s.type.join(" | ") : s.type || (s.oneOf ? "oneOf" : "object");
    if (s.items) t = kind(s.items) + "[]";
    if (name && !s.items) t = name;
    if (s.format) t += " (" + s.format + ")";
    if (s.enum) t += ": " + s.enum.join(" | ");
    var range = [];
    if (s.minLength !== undefined || s.maxLength !== undefined) range.push((s.minLength || 0) + "…" + (s.maxLength === undefined ? "" : s.maxLength));
    if (s.minimum !== undefined || s.maximum !== undefined) range.push((s.minimum === undefined ? "" : s.minimum) + "…" + (s.maximum === undefined ? "" : s.maximum));
    return range.length ? t + " [" + range.join(", ") + "]" : t;
  }
  function tree(s, depth, seen) {
    s = resolve(s);
    if (s.items) s = resolve(s.items);
    var ul = el("ul", { class: "tree" });
    if (depth > 6 || seen.indexOf(s) >= 0) return ul;
    var props = s.properties || {};
    Object.keys(props).forEach(function (name) {
      var p = props[name];
      var line = el("span", {}, el("code", {}, name), " ", el("span", { class: "dim" }, kind(p)), (s.required || []).indexOf(name) >= 0 ? " *" : null, resolve(p).description ? " – " + resolve(p).description : null);
      var inner = resolve(p).items ? resolve(resolve(p).items) : resolve(p);
      if (inner.properties) ul.append(el("li", {}, el("details", {}, el("summary", {}, line), tree(inner, depth + 1, seen.concat([s])))));
      else ul.append(el("li", {}, line));
    });
    return ul;
  }
  function summary(op) {
    return (lang === "en" && op["x-summary-en"]) || op.summary || op.operationId;
  }
  function show() {
    var w = words[lang];
    document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
    document.getElementById("lang").textContent = w.other;
    var find = document.getElementById("find").value.trim().toLowerCase();
    var nav = document.getElementById("nav");
    var main = document.getElementById("main");
    nav.replaceChildren();
    main.replaceChildren(el("p", {}, spec.info.description || ""));
    var groups = {};
    Object.keys(spec.paths).sort().forEach(function (path) {
      ["get", "post", "put", "patch", "delete", "head"].forEach(function (verb) {
        var op = spec.paths[path][verb];
        if (!op) return;
        var text = (path + " " + summary(op) + " " + op.operationId).toLowerCase();
        if (find && text.indexOf(find) < 0) return;
        var tag = (op.tags || ["…"])[0];
        (groups[tag] = groups[tag] || []).push({ path: path, verb: verb, op: op });
      });
    });
    Object.keys(groups).sort().forEach(function (tag) {
      nav.append(el("h2", {}, tag));
      groups[tag].forEach(function (o) {
        nav.append(el("a", { href: "#" + o.op.operationId }, el("span", { class: "verb " + o.verb }, o.verb.toUpperCase()), " ", summary(o.op)));
        main.append(article(o, w));
      });
    });
    if (!Object.keys(groups).length) main.append(el("p", {}, w.none));
    main.append(problems(w));
  }
  function article(o, w) {
    var op = o.op;
    var a = el("article", { id: op.operationId }, el("h3", {}, el("span", { class: "verb " + o.verb }, o.verb.toUpperCase()), el("code", {}, o.path), el("span", {}, summary(op))),
      el("div", { class: "dim" }, op.operationId + " · " + w.policy + ": " + (op["x-policy"] || "")));
    if (op.description) a.append(el("p", {}, op.description));
    if ((op.parameters || []).length) {
      var t = el("table", {}, el("tr", {}, el("th", {}, w.field), el("th", {}, w.where), el("th", {}, w.type), el("th", {}, w.note)));
      op.parameters.forEach(function (p) {
        t.append(el("tr", {}, el("td", {}, el("code", {}, p.name), p.required ? " *" : null), el("td", {}, p.in), el("td", { class: "dim" }, kind(p.schema)), el("td", {}, p.description || "")));
      });
      a.append(el("h4", {}, w.params), t);
    }
    if (op.requestBody) {
      Object.keys(op.requestBody.content || {}).forEach(function (ct) {
        a.append(el("h4", {}, w.body + " · " + ct), tree(op.requestBody.content[ct].schema, 0, []));
      });
    }
    a.append(el("h4", {}, w.answers));
    Object.keys(op.responses || {}).sort().forEach(function (code) {
      var r = op.responses[code];
      var types = Object.keys(r.content || {});
      var head = el("span", {}, el("code", {}, code), " ", el("span", { class: "dim" }, (r.description || "") + " " + types.join(", ")));
      if (code < "300" && types.length && r.content[types[0]].schema) a.append(el("details", {}, el("summary", {}, head, " " + kind(r.content[types[0]].schema)), tree(r.content[types[0]].schema, 0, [])));
      else a.append(el("div", {}, head));
    });
    return a;
  }
  function problems(w) {
    var t = el("table", {}, el("tr", {}, el("th", {}, "code"), el("th", {}, w.status), el("th", {}, w.note)));
    (spec["x-problems"] || []).forEach(function (p) {
      t.append(el("tr", {}, el("td", {}, el("code", {}, p.code)), el("td", {}, String(p.status)), el("td", {}, p[lang])));
    });
    return el("article", { id: "problems" }, el("h3", {}, w.problems), t);
  }
  document.getElementById("lang").addEventListener("click", function () {
    lang = lang === "en" ? "zh" : "en";
    if (spec) show();
  });
  document.getElementById("find").addEventListener("input", function () {
    if (spec) show();
  });
  fetch("/api/openapi.json").then(function (r) {
    return r.json();
  }).then(function (s) {
    spec = s;
    show();
    if (location.hash) {
      var target = document.getElementById(location.hash.slice(1));
      if (target) target.scrollIntoView();
    }
  }).catch(function () {
    document.getElementById("main").textContent = words[lang].failed;
  });
})();
