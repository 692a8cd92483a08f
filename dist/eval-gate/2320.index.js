export const id=2320;export const ids=[2320];export const modules={3184:(t,e,a)=>{a.d(e,{F:()=>n,c:()=>r});class n{kinds=new Map;total=0;show;constructor(t=t=>t){this.show=t}add(t,e,a,n){this.total++;let i=JSON.stringify([t,e,a]),o=this.kinds.get(i);void 0===o&&(o=this.kinds.size<500?{file:t,column:e,rule:a,count:0,examples:[]}:this.kinds.get("")??{file:t,column:null,rule:"more kinds of findings",count:0,examples:[]},this.kinds.set(this.kinds.size<500?i:"",o)),o.count++,void 0!==n&&o.examples.length<3&&o.examples.push({row:n.row,value:r(this.show(n.value.slice(0,4e3)))})}list(){return[...this.kinds.values()].sort((t,e)=>e.count-t.count)}}function r(t){let e=t.slice(0,80).replace(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu,"�").replace(/[\ud800-\udbff]$/u,"");return t.length>80?`${e}…`:e}},2320:(t,e,a)=>{a.d(e,{renderDataReport:()=>l});var n=a(9689),r=a(7005);let i=["var(--a)","var(--b)","var(--c)","var(--d)","var(--bad)","var(--warn)"];function o(t){return Math.round(10*t)/10}var s=a(3184);function l(t){var e,a;let l,{data:d,drift:h,leakage:f}=t,g=(0,n.qy)`<h1>Data report</h1>
    ${null===d?"":(l=[["rows",String((e=d).rows)],["columns",String(e.columns.length)],["broken rows",String(e.brokenRows)],["repeated rows",String(e.duplicates)],["schema violations",null===e.findings?"no schema":String(c(e.findings.map(({count:t})=>t)))],["personal data",String(c(e.pii.map(({count:t})=>t)))],["age in days",null===e.ageDays?"unknown":String(Math.floor(e.ageDays))]],(0,n.qy)`<p class="soft">${e.source}${null===e.revision?"":` at ${e.revision}`}</p>
    <div class="cards">
      ${l.map(([t,e])=>(0,n.qy)`<div class="card"><b>${e}</b>${t}</div>`)}
    </div>
    ${null===e.findings?"":0===(a=e.findings).length?(0,n.qy)`<p class="good">Everything fits the schema.</p>`:(0,n.qy)`<h2>What doesn't fit the schema</h2>
    ${(0,n.I$)(["file","column","asked for","count","examples"],a.slice(0,100).map(({file:t,column:e,rule:a,count:n,examples:r})=>[t,(0,s.c)(e??"(all)"),(0,s.c)(a),n,r.map(({row:t,value:e})=>`row ${t}: ${e}`).join("; ")]),[3])}`}
    ${0===e.pii.length?"":(0,n.qy)`<h2>Personal data</h2>
            ${(0,n.I$)(["column","kind","count","examples, masked"],e.pii.map(({column:t,kind:e,count:a,examples:n})=>[(0,s.c)(t),e,a,n.map(({row:t,masked:e})=>`row ${t}: ${(0,s.c)(e)}`).join("; ")]),[2])}`}
    <h2>Columns</h2>
    ${e.columns.slice(0,200).map(t=>(function(t,e){let{name:a,kind:l,nulls:u,distinct:d,numbers:c,lengths:h,outliers:f,commonest:g}=t,$=[["nulls",`${u} (${p(u/Math.max(1,e))})`],...null===d?[]:[["distinct values",String(d)]],...null===c?[]:[["range",`${m(c.min)} to ${m(c.max)}`],["mean",`${m(c.mean)}${null===c.deviation?"":`, standard deviation ${m(c.deviation)}`}`],["quantiles 1, 5, 25, 50, 75, 95, 99 %",c.quantiles.map(m).join(", ")]],...null===h?[]:[["characters",`${h.min} to ${h.max}, mean ${m(h.mean)}`]],...null===f?[]:[["outliers",`${f.robust} by robust z over 3.5, ${f.iqr} beyond 1.5 interquartile ranges`],...0===f.examples.length?[]:[["for example",f.examples.map(({row:t,value:e})=>`row ${t}: ${m(e)}`).join("; ")]]]];return(0,n.qy)`<details open>
    <summary><b>${(0,s.c)(a)}</b> <span class="soft">${l}</span></summary>
    ${(0,n.I$)(["",""],$)}
    ${0===g.length?"":function(t){if(0===t.bars.length)return(0,n.qy)`<p class="soft">${t.title}: no data</p>`;let e=t.width??920,a=28*t.bars.length+8,s=Math.min(e/2,12+7.5*Math.max(...t.bars.map(t=>t.label.length))),l=(0,r.h)([0,Math.max(...t.bars.map(t=>t.value),1e-9)],[0,e-s-110]);return(0,n.qy)`<figure>
    <svg viewBox="0 0 ${e} ${a}" role="img" aria-label="${t.title}">
      ${t.bars.map((e,a)=>{var r;return(0,n.qy)` <text x="${s-8}" y="${28*a+20}" text-anchor="end">${e.label}</text>
            <rect
              x="${s}"
              y="${28*a+6}"
              width="${o(Math.max(1,l(e.value)))}"
              height="18"
              rx="3"
              fill="${i[a%i.length]??""}"
            />
            <text x="${o(s+l(e.value)+8)}" y="${28*a+20}"
              >${0===(r=e.value)?"0":Math.abs(r)>=1e3?Math.round(r).toLocaleString("en-US"):String(Number(r.toPrecision(3)))}${void 0===t.unit?"":` ${t.unit}`}</text
            >`})}
    </svg>
    <figcaption>${t.title}</figcaption>
  </figure>`}({title:"commonest values",bars:g.map(({value:t,count:e})=>({label:t.slice(0,40),value:e}))})}
  </details>`})(t,e.rows))}
    ${e.columns.length>200?(0,n.qy)`<p>${e.columns.length-200} more stand in the JSON report.</p>`:""}`)} ${h.map(u)}
    ${null===f?"":function(t){let{against:e,rows:a,exact:r,near:i,run:o,tooShort:s,trainingRows:l,keptRuns:u,examples:d}=t;return(0,n.qy)`<h2>Leakage</h2>
    <p>
      Of ${a} evaluation rows ${r} stand in ${e} (${l} rows) word for word, ${i}
      word for word or with a run of ${o} words in common.
    </p>
    <p class="soft">
      ${s} rows are shorter than ${o} words and were only looked for as a whole.
      ${u<1?`Only ${p(u)} of all runs fitted into memory: near rows may be overlooked.`:""}
    </p>
    ${0===d.length?"":(0,n.I$)(["row","training row","how"],d.map(({row:t,trainingRow:e,how:a})=>[t,e,a]),[0,1])}`}(f)}`;return(0,n.MY)("Data report",g)}function u(t){return(0,n.qy)`<h2>Drift${null===t.against?"":` against ${t.against}`}</h2>
    <p class="soft">from ${t.reference} to ${t.current}</p>
    ${t.columns.slice(0,200).map(d)}`}function d({column:t,kind:e,values:a,bins:r}){let i,[o,l]=[c(r.map(({reference:t})=>t)),c(r.map(({current:t})=>t))];return(0,n.qy)`<details>
    <summary><b>${(0,s.c)(t)}</b> <span class="soft">${e}</span> ${void 0===(i=a.find(({suffix:t})=>"psi"===t))?"":null===i.value?`psi missing: ${i.missing??""}`:`psi ${m(i.value)}`}</summary>
    ${(0,n.I$)(["measure","value","how"],a.map(({suffix:t,value:e,missing:a,method:n})=>[t,null===e?"missing":m(e),a??n]),[1])}
    ${0===r.length?"":(0,n.I$)(["bin","reference","current"],r.slice(0,25).map(t=>[(0,s.c)(t.label),p(t.reference/Math.max(1,o)),p(t.current/Math.max(1,l))]),[1,2])}
  </details>`}function c(t){return t.reduce((t,e)=>t+e,0)}function p(t){return`${Number((100*t).toPrecision(3))} %`}function m(t){return Number.isFinite(t)?String(Number(t.toPrecision(4))):"none"}},7005:(t,e,a)=>{function n(t,e){let[a,n]=t[0]===t[1]?[t[0],t[0]+1]:t,r=(e[1]-e[0])/(n-a);return Object.assign(t=>e[0]+(t-a)*r,{domain:[a,n]})}function r([t,e],a=5){let n=(e-t)/a,i=10**Math.floor(Math.log10(n)),o=i*([1,2,5].find(t=>t*i>=n)??10),s=[];for(let a=Math.ceil(t/o);a*o<=e*(1+1e-12);a+=1)s.push(Number((a*o).toPrecision(12)));return s}a.d(e,{a:()=>r,h:()=>n})},9689:(t,e,a)=>{function n(t,...e){let a=t[0]??"";return e.forEach((e,n)=>a+=function t(e){return null==e||!1===e?"":"string"==typeof e?i(e):"number"==typeof e?String(e):"html"in e?e.html:e.map(t).join("")}(e)+(t[n+1]??"")),{html:a}}a.d(e,{I$:()=>l,MY:()=>s,qy:()=>n});let r={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function i(t){return t.replace(/[&<>"']/g,t=>r[t]??t).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g,"�")}let o=`
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;function s(t,e){return`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${i(t)}</title><style>${o}</style></head>
<body><main>${e.html}</main></body></html>
`}function l(t,e,a=[]){let r=t=>({html:a.includes(t)?' class="n"':""});return n`<table>
    <thead>
      <tr>
        ${t.map((t,e)=>n`<th${r(e)}>${t}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${e.map(t=>n`<tr>
            ${t.map((t,e)=>n`<td${r(e)}>${t}</td>`)}
          </tr>`)}
    </tbody>
  </table>`}}};
