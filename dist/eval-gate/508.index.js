export const id=508;export const ids=[508,164];export const modules={508:(e,t,a)=>{function n(e,...t){let a=e[0]??"";return t.forEach((t,n)=>a+=function e(t){return null==t||!1===t?"":"string"==typeof t?r(t):"number"==typeof t?String(t):"html"in t?t.html:t.map(e).join("")}(t)+(e[n+1]??"")),{html:a}}a.d(t,{renderHtml:()=>f});let i={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function r(e){return e.replace(/[&<>"']/g,e=>i[e]??e).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g,"�")}let o=`
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;function l(e,t,a=[]){let i=e=>({html:a.includes(e)?' class="n"':""});return n`<table>
    <thead>
      <tr>
        ${e.map((e,t)=>n`<th${i(t)}>${e}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${t.map(e=>n`<tr>
            ${e.map((e,t)=>n`<td${i(t)}>${e}</td>`)}
          </tr>`)}
    </tbody>
  </table>`}let d=["var(--a)","var(--b)","var(--c)","var(--d)","var(--bad)","var(--warn)"];function s(e){return Math.round(10*e)/10}var u=a(8164),c=a(518);let p={pass:"good",fail:"bad",inconclusive:"warn",missing:"bad"};function f(e){var t,a;let{decision:i,outcomes:f,comparison:m}=e,h=[...new Map(f.flatMap(({metric:e,value:t,share:a})=>!0===a&&null!==t?[{label:e,value:Number((100*t).toFixed(2))}]:[]).map(e=>[e.label,e])).values()];return t=`Gate ${e.name}: ${i.verdict}`,a=n`<h1>Gate ${e.name}: <span class="${p[i.verdict]}">${i.verdict}</span></h1>
      ${0===e.release.length?null:n`<p class="soft">${e.release.join(" \xb7 ")}</p>`}
      ${i.reasons.map(e=>n`<p>${e}</p>`)}
      ${void 0===i.advice?null:n`<p><b>What to do:</b> ${i.advice}.</p>`}
      <h2>Rules</h2>
      ${l(["rule","value","bar","bound","n","verdict"],f.map(e=>[n`<code>${e.rule}</code>`,(0,u.SP)(e.value,e),(0,u.Rb)(e),(0,u.s0)(e),e.n??"",n`<span class="${e.warn&&"pass"!==e.verdict?"warn":p[e.verdict]}"
            >${(0,u.Vj)(e)}</span
          >`]),[1,2,3,4])}
      ${0===h.length?null:function(e){if(0===e.bars.length)return n`<p class="soft">${e.title}: no data</p>`;let t=e.width??920,a=28*e.bars.length+8,i=Math.min(t/2,12+7.5*Math.max(...e.bars.map(e=>e.label.length))),r=function(e,t){let[a,n]=e[0]===e[1]?[e[0],e[0]+1]:e,i=(t[1]-t[0])/(n-a);return Object.assign(e=>t[0]+(e-a)*i,{domain:[a,n]})}([0,Math.max(...e.bars.map(e=>e.value),1e-9)],[0,t-i-110]);return n`<figure>
    <svg viewBox="0 0 ${t} ${a}" role="img" aria-label="${e.title}">
      ${e.bars.map((t,a)=>{var o;return n` <text x="${i-8}" y="${28*a+20}" text-anchor="end">${t.label}</text>
            <rect
              x="${i}"
              y="${28*a+6}"
              width="${s(Math.max(1,r(t.value)))}"
              height="18"
              rx="3"
              fill="${d[a%d.length]??""}"
            />
            <text x="${s(i+r(t.value)+8)}" y="${28*a+20}"
              >${0===(o=t.value)?"0":Math.abs(o)>=1e3?Math.round(o).toLocaleString("en-US"):String(Number(o.toPrecision(3)))}${void 0===e.unit?"":` ${e.unit}`}</text
            >`})}
    </svg>
    <figcaption>${e.title}</figcaption>
  </figure>`}({title:"Shares, in percent",bars:h,unit:"%"})}
      ${0===m.length?null:n`<h2>Candidate and baseline</h2>
              ${l(["metric","candidate","baseline","difference","bounds"],m.map(e=>[e.metric,(0,u.SP)(e.candidate,e),(0,u.SP)(e.baseline,e),(0,c.Zv)(e.difference,e,!0),(0,u.Ue)(e)]),[1,2,3])}`}
      <p class="soft">
        Bounds are one-sided at ${(0,c.Zv)(e.confidence,{share:!0})} unless the rule says
        otherwise. Read:
        ${e.files.map(({path:e})=>e).join(", ")}${0===e.baselineFiles.length?"":`; baseline: ${e.baselineFiles.map(({path:e})=>e).join(", ")}`}.
      </p>`,`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${r(t)}</title><style>${o}</style></head>
<body><main>${a.html}</main></body></html>
`}},8164:(e,t,a)=>{a.d(t,{Rb:()=>d,SP:()=>u,Ue:()=>c,Vj:()=>l,renderSummary:()=>o,s0:()=>s});var n=a(518),i=a(2469);let r={pass:"✅",fail:"❌",inconclusive:"❔",missing:"❌"};function o(e){var t;let a,o,p,{decision:f,outcomes:m,comparison:h,notes:b}=e,v=[`### Gate ${(0,i.SS)(e.name)}`];e.release.length>0&&v.push(e.release.map(i.SS).join(" \xb7 ")),void 0!==f.advice&&v.push(`**What to do:** ${(0,i.FV)(f.advice)}.`),v.push((0,i.tp)(["","rule","value","bar","bound","n","verdict"],m.map(e=>[e.warn&&"pass"!==e.verdict?"⚠️":r[e.verdict],(0,i.lS)((0,i.SS)(e.rule)),u(e.value,e),d(e),s(e),e.n??"",l(e)]))),h.length>0&&v.push((a=(t=h).slice(0,60).map(e=>[e.metric,u(e.candidate,e),u(e.baseline,e),(0,n.Zv)(e.difference,e,!0),c(e)]),o=t.length-a.length,p=(0,i.tp)(["metric","candidate","baseline","difference","bounds"],a),`#### Candidate and baseline

${p}${o>0?`

and ${o} more in the output \`comparison\``:""}`)),b.length>0&&v.push((0,i.zH)("Notes",b.map(e=>`- ${(0,i.FV)(e)}`).join("\n")));let $=[...e.files,...e.baselineFiles.map(e=>({...e,format:`${e.format}, baseline`}))];return v.push(`Read: ${$.map(({path:e,format:t})=>`${(0,i.SS)(e)} (${(0,i.FV)(t)})`).join(", ")}`),v.join("\n\n")}function l(e){let t=[!0===e.withinNoise?"within noise":"",!0===e.noSampleCount?"no sample count":"",e.warn&&"pass"!==e.verdict?"warns only":"",void 0===e.needed?"":`${e.needed} samples needed`].filter(e=>""!==e);return 0===t.length?e.verdict:`${e.verdict} (${t.join(", ")})`}function d(e){return null!==e.bar?u(e.bar,e):void 0===e.baseline?"":`baseline ${u(e.baseline,e)}`}function s(e){let{low:t,high:a}=e;if(void 0===t||void 0===a||!Number.isFinite(t)||!Number.isFinite(a))return"";let i=null===e.bar;return`${(0,n.Zv)(t,e,i)} to ${(0,n.Zv)(a,e,i)}${i?" gain":""}`}function u(e,t){return null===e?"missing":(0,n.Zv)(e,t)}function c(e){return void 0!==e.note?e.note:void 0===e.low||void 0===e.high?"no bound":`${(0,n.Zv)(e.low,e,!0)} to ${(0,n.Zv)(e.high,e,!0)} (${e.method}, n ${e.n})`}},518:(e,t,a)=>{function n(e){return Number.isFinite(e)?Math.abs(e)>=1e3?String(Math.round(10*e)/10):String(Number(e.toPrecision(4))):e>0?"unbounded":e<0?"-unbounded":"none"}function i(e,t,a=!1){let l=a&&e>0?"+":"";if(!Number.isFinite(e))return n(e);if(!0===t.share){let t=100*e;if(a)return`${l}${r(t)}`;let n=1>Math.abs(t)||Math.abs(t)>99?2:1;return`${l}${o(t.toFixed(n))} %`}return`${l}${n(e)}${void 0===t.unit?"":` ${t.unit}`}`}function r(e){let t=1>Math.abs(e)?2:1,a=o(e.toFixed(t));return`${a} ${"1"===a||"-1"===a?"point":"points"}`}function o(e){return e.includes(".")?e.replace(/\.?0+$/u,""):e}a.d(t,{Xf:()=>r,ZV:()=>n,Zv:()=>i})}};
