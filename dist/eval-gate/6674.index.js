export const id=6674;export const ids=[6674,8164];export const modules={6674:(e,t,n)=>{n.d(t,{renderHtml:()=>u});var i=n(7005),a=n(9689);function r(e){let{title:t,rows:n,unit:r,line:l}=e,s=n.filter(({value:e})=>Number.isFinite(e));if(0===s.length)return(0,a.qy)`<p class="soft">${t}: no data</p>`;let d=[...s.flatMap(({value:e,low:t,high:n,bar:i})=>[e,t,n,i]),l].filter(e=>void 0!==e&&Number.isFinite(e)),[u,c]=[Math.min(...d),Math.max(...d)],p=.05*(c-u||1),f=(0,i.h)([u-p,c+p],[300,896]),h=28*s.length+4;return(0,a.qy)`<figure>
    <svg viewBox="0 0 ${920} ${h+24}" role="img" aria-label="${t}">
      ${(0,i.a)(f.domain).map(e=>(0,a.qy)`<line x1="${o(f(e))}" x2="${o(f(e))}" y1="0" y2="${h}" stroke="var(--line)" />
            <text x="${o(f(e))}" y="${h+16}" text-anchor="middle">${e}${r}</text>`)}
      ${void 0===l?null:(0,a.qy)`<line x1="${o(f(l))}" x2="${o(f(l))}" y1="0" y2="${h}" stroke="currentColor" />`}
      ${s.map((e,t)=>(function(e,t,n){var i;let{label:r,value:l,low:s,high:d,bar:u,tone:c}=e,p=t+14,f="neutral"===c?"var(--a)":`var(--${c})`,h=void 0!==s&&void 0!==d&&Number.isFinite(s)&&Number.isFinite(d);return(0,a.qy)`<text x="${290}" y="${p+5}" text-anchor="end">${(i=r).length<=38?i:`${i.slice(0,37).toWellFormed()}…`}</text>
    ${h?(0,a.qy)`<line x1="${o(n(s))}" x2="${o(n(d))}" y1="${p}" y2="${p}" stroke="${f}" stroke-width="3" />`:null}
    ${void 0===u?null:(0,a.qy)`<line
            x1="${o(n(u))}"
            x2="${o(n(u))}"
            y1="${t+4}"
            y2="${t+28-4}"
            stroke="currentColor"
            stroke-width="2"
          />`}
    <circle cx="${o(n(l))}" cy="${p}" r="4.5" fill="${f}" />`})(e,28*t,f))}
    </svg>
    <figcaption>${t}</figcaption>
  </figure>`}function o(e){return Math.round(10*e)/10}var l=n(8164),s=n(518);let d={pass:"good",fail:"bad",inconclusive:"warn",missing:"bad"};function u(e){let{decision:t,outcomes:n,comparison:i}=e,o=n.flatMap(({metric:e,value:t,share:n,bar:i,low:a,high:r,verdict:o,warn:l})=>{if(!0!==n||null===t)return[];let s={label:e,value:100*t,tone:"pass"===o?"good":"inconclusive"===o||l?"warn":"bad"};return null===i?[s]:[{...s,bar:100*i,...void 0===a||void 0===r?{}:{low:100*a,high:100*r}}]}),u=i.flatMap(({metric:e,difference:t,baseline:n,low:i,high:a,share:r})=>{let o=!0===r?1:Math.abs(n);return void 0===i||void 0===a||0===o?[]:[{label:e,value:t/o*100,low:i/o*100,high:a/o*100,tone:"neutral"}]});return(0,a.MY)(`Gate ${e.name}: ${t.verdict}`,(0,a.qy)`<h1>Gate ${e.name}: <span class="${d[t.verdict]}">${t.verdict}</span></h1>
      ${0===e.release.length?null:(0,a.qy)`<p class="soft">${e.release.join(" \xb7 ")}</p>`}
      ${t.reasons.map(e=>(0,a.qy)`<p>${e}</p>`)}
      ${void 0===t.advice?null:(0,a.qy)`<p><b>What to do:</b> ${t.advice}.</p>`}
      <h2>Rules</h2>
      ${(0,a.I$)(["rule","value","bar","bound","n","verdict"],n.map(e=>[(0,a.qy)`<code>${e.rule}</code>`,(0,l.SP)(e.value,e),(0,l.Rb)(e),(0,l.s0)(e),e.n??"",(0,a.qy)`<span class="${e.warn&&"pass"!==e.verdict?"warn":d[e.verdict]}"
            >${(0,l.Vj)(e)}</span
          >`]),[1,2,3,4])}
      ${0===o.length?null:r({title:"Shares with their bounds; the upright line is the bar",rows:o,unit:" %"})}
      ${0===i.length?null:(0,a.qy)`<h2>Candidate and baseline</h2>
              ${0===u.length?null:r({title:"Differences with their bounds: points of a share, percent of the baseline for the rest. What crosses 0 may be no difference",rows:u,unit:" %",line:0})}
              ${(0,a.I$)(["metric","candidate","baseline","difference","bounds"],i.map(e=>[e.metric,(0,l.SP)(e.candidate,e),(0,l.SP)(e.baseline,e),(0,s.Zv)(e.difference,e,!0),(0,l.Ue)(e)]),[1,2,3])}`}
      <p class="soft">
        Bounds are one-sided at ${(0,s.Zv)(e.confidence,{share:!0})} unless the rule says
        otherwise. Read:
        ${e.files.map(({path:e})=>e).join(", ")}${0===e.baselineFiles.length?"":`; baseline: ${e.baselineFiles.map(({path:e})=>e).join(", ")}`}.
      </p>`)}},8164:(e,t,n)=>{n.d(t,{Rb:()=>s,SP:()=>u,Ue:()=>c,Vj:()=>l,renderSummary:()=>o,s0:()=>d});var i=n(518),a=n(2469);let r={pass:"✅",fail:"❌",inconclusive:"❔",missing:"❌"};function o(e){var t;let n,o,p,{decision:f,outcomes:h,comparison:$,notes:m}=e,b=[`### Gate ${(0,a.SS)(e.name)}`];e.release.length>0&&b.push(e.release.map(a.SS).join(" \xb7 ")),void 0!==f.advice&&b.push(`**What to do:** ${(0,a.FV)(f.advice)}.`),b.push((0,a.tp)(["","rule","value","bar","bound","n","verdict"],h.map(e=>[e.warn&&"pass"!==e.verdict?"⚠️":r[e.verdict],(0,a.lS)((0,a.SS)(e.rule)),u(e.value,e),s(e),d(e),e.n??"",l(e)]))),$.length>0&&b.push((n=(t=$).slice(0,60).map(e=>{var t;return[e.metric,u(e.candidate,e),u(e.baseline,e),(0,i.Zv)(e.difference,e,!0),c(e),void 0===e.p?"":(t=e.p)<.001?"< 0.001":t.toFixed(3)]}),o=t.length-n.length,p=(0,a.tp)(["metric","candidate","baseline","difference","bounds","p (Holm)"],n),`#### Candidate and baseline

${p}${o>0?`

and ${o} more in the output \`comparison\``:""}`)),m.length>0&&b.push((0,a.zH)("Notes",m.map(e=>`- ${(0,a.FV)(e)}`).join("\n")));let v=[...e.files,...e.baselineFiles.map(e=>({...e,format:`${e.format}, baseline`}))];return b.push(`Read: ${v.map(({path:e,format:t})=>`${(0,a.SS)(e)} (${(0,a.FV)(t)})`).join(", ")}`),b.join("\n\n")}function l(e){let t=[!0===e.withinNoise?"within noise":"",!0===e.noSampleCount?"no sample count":"",e.warn&&"pass"!==e.verdict?"warns only":"",void 0===e.needed?"":`${e.needed} samples needed`].filter(e=>""!==e);return 0===t.length?e.verdict:`${e.verdict} (${t.join(", ")})`}function s(e){return null!==e.bar?u(e.bar,e):void 0===e.baseline?"":`baseline ${u(e.baseline,e)}`}function d(e){let{low:t,high:n}=e;if(void 0===t||void 0===n||!Number.isFinite(t)||!Number.isFinite(n))return"";let a=null===e.bar;return`${(0,i.Zv)(t,e,a)} to ${(0,i.Zv)(n,e,a)}${a?" gain":""}`}function u(e,t){return null===e?"missing":(0,i.Zv)(e,t)}function c(e){return void 0!==e.note?e.note:void 0===e.low||void 0===e.high?"no bound":`${(0,i.Zv)(e.low,e,!0)} to ${(0,i.Zv)(e.high,e,!0)} (${e.method}, n ${e.n})`}},518:(e,t,n)=>{function i(e){return Number.isFinite(e)?Math.abs(e)>=1e3?String(Math.round(10*e)/10):String(Number(e.toPrecision(4))):e>0?"unbounded":e<0?"-unbounded":"none"}function a(e,t,n=!1){let l=n&&e>0?"+":"";if(!Number.isFinite(e))return i(e);if(!0===t.share){let t=100*e;if(n)return`${l}${r(t)}`;let i=1>Math.abs(t)||Math.abs(t)>99?2:1;return`${l}${o(t.toFixed(i))} %`}return`${l}${i(e)}${void 0===t.unit?"":` ${t.unit}`}`}function r(e){let t=1>Math.abs(e)?2:1,n=o(e.toFixed(t));return`${n} ${"1"===n||"-1"===n?"point":"points"}`}function o(e){return e.includes(".")?e.replace(/\.?0+$/u,""):e}n.d(t,{Xf:()=>r,ZV:()=>i,Zv:()=>a})},7005:(e,t,n)=>{function i(e,t){let[n,i]=e[0]===e[1]?[e[0],e[0]+1]:e,a=(t[1]-t[0])/(i-n);return Object.assign(e=>t[0]+(e-n)*a,{domain:[n,i]})}function a([e,t],n=5){let i=(t-e)/n,r=10**Math.floor(Math.log10(i)),o=r*([1,2,5].find(e=>e*r>=i)??10),l=[];for(let n=Math.ceil(e/o);n*o<=t*(1+1e-12);n+=1)l.push(Number((n*o).toPrecision(12)));return l}n.d(t,{a:()=>a,h:()=>i})},9689:(e,t,n)=>{function i(e,...t){let n=e[0]??"";return t.forEach((t,i)=>n+=function e(t){return null==t||!1===t?"":"string"==typeof t?r(t):"number"==typeof t?String(t):"html"in t?t.html:t.map(e).join("")}(t)+(e[i+1]??"")),{html:n}}n.d(t,{I$:()=>s,MY:()=>l,qy:()=>i});let a={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function r(e){return e.replace(/[&<>"']/g,e=>a[e]??e).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g,"�")}let o=`
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;function l(e,t){return`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${r(e)}</title><style>${o}</style></head>
<body><main>${t.html}</main></body></html>
`}function s(e,t,n=[]){let a=e=>({html:n.includes(e)?' class="n"':""});return i`<table>
    <thead>
      <tr>
        ${e.map((e,t)=>i`<th${a(t)}>${e}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${t.map(e=>i`<tr>
            ${e.map((e,t)=>i`<td${a(t)}>${e}</td>`)}
          </tr>`)}
    </tbody>
  </table>`}}};
