export const id=172;export const ids=[172,9843];export const modules={3184:(t,e,a)=>{a.d(e,{F:()=>n,c:()=>r});class n{kinds=new Map;total=0;show;constructor(t=t=>t){this.show=t}add(t,e,a,n){this.total++;let o=JSON.stringify([t,e,a]),i=this.kinds.get(o);void 0===i&&(i=this.kinds.size<500?{file:t,column:e,rule:a,count:0,examples:[]}:this.kinds.get("")??{file:t,column:null,rule:"more kinds of findings",count:0,examples:[]},this.kinds.set(this.kinds.size<500?o:"",i)),i.count++,void 0!==n&&i.examples.length<3&&i.examples.push({row:n.row,value:r(this.show(n.value.slice(0,4e3)))})}list(){return[...this.kinds.values()].sort((t,e)=>e.count-t.count)}}function r(t){let e=t.slice(0,80).replace(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu,"�").replace(/[\ud800-\udbff]$/u,"");return t.length>80?`${e}…`:e}},172:(t,e,a)=>{a.d(e,{renderDataReport:()=>u});var n=a(9689),r=a(7005);let o=["var(--a)","var(--b)","var(--c)","var(--d)","var(--bad)","var(--warn)"];function i(t){return Math.round(10*t)/10}var l=a(3184),s=a(9843);function u(t){var e,a;let u,{data:c,drift:h,leakage:g}=t,$=(0,n.qy)`<h1>Data report</h1>
    ${null===c?"":(u=[["rows",String((e=c).rows)],["columns",String(e.columns.length)],["broken rows",String(e.brokenRows)],["repeated rows",String(e.duplicates)],["schema violations",null===e.findings?"no schema":String(m(e.findings.map(({count:t})=>t)))],["personal data",String(m(e.pii.map(({count:t})=>t)))],["age in days",null===e.ageDays?"unknown":String(Math.floor(e.ageDays))]],(0,n.qy)`<p class="soft">${e.source}${null===e.revision?"":` at ${e.revision}`}</p>
    <div class="cards">
      ${u.map(([t,e])=>(0,n.qy)`<div class="card"><b>${e}</b>${t}</div>`)}
    </div>
    ${null===e.findings?"":0===(a=e.findings).length?(0,n.qy)`<p class="good">Everything fits the schema.</p>`:(0,n.qy)`<h2>What doesn't fit the schema</h2>
    ${(0,n.I$)(["file","column","asked for","count","examples"],a.slice(0,100).map(({file:t,column:e,rule:a,count:n,examples:r})=>[t,(0,l.c)(e??"(all)"),(0,l.c)(a),n,r.map(({row:t,value:e})=>`row ${t}: ${e}`).join("; ")]),[3])}`}
    ${0===e.pii.length?"":(0,n.qy)`<h2>Personal data</h2>
            ${(0,n.I$)(["column","kind","count","examples, masked"],e.pii.map(({column:t,kind:e,count:a,examples:n})=>[(0,l.c)(t),e,a,n.map(({row:t,masked:e})=>`row ${t}: ${(0,l.c)(e)}`).join("; ")]),[2])}`}
    <h2>Columns</h2>
    ${e.columns.slice(0,200).map(t=>(function(t,e){let{name:a,kind:u,nulls:d,distinct:c,numbers:m,lengths:h,outliers:g,commonest:$}=t,b=[["nulls",`${d} (${f(d/Math.max(1,e))})`],...null===c?[]:[["distinct values",String(c)]],...null===m?[]:[["range",`${p(m.min)} to ${p(m.max)}`],["mean",`${p(m.mean)}${null===m.deviation?"":`, standard deviation ${p(m.deviation)}`}`],["quantiles 1, 5, 25, 50, 75, 95, 99 %",`${m.quantiles.map(p).join(", ")}${function(t){let e=t=>(function(t){if(!(t>0&&t<100))throw RangeError(`a percentile bound needs 0 < p < 100, got ${t}`);return Math.ceil(Math.log(1-.95)/Math.log(t/100)-1e-9)})(100*Math.max(t,1-t)),a=s.b.filter(a=>t<e(a));if(0===a.length)return"";let n=a.map(t=>`${100*t}`).join(", ");return` (of ${t} values; ${n} % need up to ${Math.max(...a.map(e))})`}(m.sampled)}`]],...null===h?[]:[["characters",`${h.min} to ${h.max}, mean ${p(h.mean)}`]],...null===g?[]:[["outliers",`${g.robust} by robust z over 3.5, ${g.iqr} beyond 1.5 interquartile ranges`],...0===g.examples.length?[]:[["for example",g.examples.map(({row:t,value:e})=>`row ${t}: ${p(e)}`).join("; ")]]]];return(0,n.qy)`<details open>
    <summary><b>${(0,l.c)(a)}</b> <span class="soft">${u}</span></summary>
    ${(0,n.I$)(["",""],b)}
    ${0===$.length?"":function(t){if(0===t.bars.length)return(0,n.qy)`<p class="soft">${t.title}: no data</p>`;let e=t.width??920,a=28*t.bars.length+8,l=Math.min(e/2,12+7.5*Math.max(...t.bars.map(t=>t.label.length))),s=(0,r.h)([0,Math.max(...t.bars.map(t=>t.value),1e-9)],[0,e-l-110]);return(0,n.qy)`<figure>
    <svg viewBox="0 0 ${e} ${a}" role="img" aria-label="${t.title}">
      ${t.bars.map((e,a)=>{var r;return(0,n.qy)` <text x="${l-8}" y="${28*a+20}" text-anchor="end">${e.label}</text>
            <rect
              x="${l}"
              y="${28*a+6}"
              width="${i(Math.max(1,s(e.value)))}"
              height="18"
              rx="3"
              fill="${o[a%o.length]??""}"
            />
            <text x="${i(l+s(e.value)+8)}" y="${28*a+20}"
              >${0===(r=e.value)?"0":Math.abs(r)>=1e3?Math.round(r).toLocaleString("en-US"):String(Number(r.toPrecision(3)))}${void 0===t.unit?"":` ${t.unit}`}</text
            >`})}
    </svg>
    <figcaption>${t.title}</figcaption>
  </figure>`}({title:"commonest values",bars:$.map(({value:t,count:e})=>({label:t.slice(0,40),value:e}))})}
  </details>`})(t,e.rows))}
    ${e.columns.length>200?(0,n.qy)`<p>${e.columns.length-200} more stand in the JSON report.</p>`:""}`)} ${h.map(d)}
    ${null===g?"":function(t){let{against:e,rows:a,exact:r,near:o,run:i,tooShort:l,trainingRows:s,keptRuns:u,examples:d}=t;return(0,n.qy)`<h2>Leakage</h2>
    <p>
      Of ${a} evaluation rows ${r} stand in ${e} (${s} rows) word for word, ${o}
      word for word or with a run of ${i} words in common.
    </p>
    <p class="soft">
      ${l} rows are shorter than ${i} words and were only looked for as a whole.
      ${u<1?`Only ${f(u)} of all runs fitted into memory: near rows may be overlooked.`:""}
    </p>
    ${0===d.length?"":(0,n.I$)(["row","training row","how"],d.map(({row:t,trainingRow:e,how:a})=>[t,e,a]),[0,1])}`}(g)}`;return(0,n.MY)("Data report",$)}function d(t){return(0,n.qy)`<h2>Drift${null===t.against?"":` against ${t.against}`}</h2>
    <p class="soft">from ${t.reference} to ${t.current}</p>
    ${t.columns.slice(0,200).map(c)}`}function c({column:t,kind:e,values:a,bins:r}){var o;let i,[s,u]=[m(r.map(({reference:t})=>t)),m(r.map(({current:t})=>t))];return(0,n.qy)`<details>
    <summary><b>${(0,l.c)(t)}</b> <span class="soft">${e}</span> ${void 0===(i=(o=a).find(({suffix:t})=>"psi"===t)??o[0])?"":null===i.value?`${i.suffix} missing: ${i.missing??""}`:`${i.suffix} ${p(i.value)}`}</summary>
    ${(0,n.I$)(["measure","value","how"],a.map(({suffix:t,value:e,missing:a,method:n})=>[t,null===e?"missing":p(e),a??n]),[1])}
    ${0===r.length?"":(0,n.I$)(["bin","reference","current"],r.slice(0,25).map(t=>[(0,l.c)(t.label),f(t.reference/Math.max(1,s)),f(t.current/Math.max(1,u))]),[1,2])}
  </details>`}function m(t){return t.reduce((t,e)=>t+e,0)}function f(t){return`${Number((100*t).toPrecision(3))} %`}function p(t){return Number.isFinite(t)?String(Number(t.toPrecision(4))):"none"}},9843:(t,e,a)=>{a.d(e,{b:()=>o,toReport:()=>i});var n=a(5763),r=a(3184);let o=[.01,.05,.25,.5,.75,.95,.99];function i({scan:t,drifts:e,leakage:a},l){return{schemaVersion:1,tool:"sluice-eval-gate",data:void 0===t?null:{source:t.source,revision:t.revision,files:t.data.files.map(({shown:t})=>t),rows:t.data.rows,brokenRows:t.data.brokenRows,duplicates:t.data.duplicates,ageDays:t.ageDays,columns:t.data.columns.map(e=>(function(t,{outliers:e},a){let{name:i,kind:l,nulls:s,values:u,numbers:d,numberSample:c,lengths:m}=t,f=c.sorted(),p=e.find(t=>t.column===i);return{name:i,kind:l,nulls:s,distinct:void 0!==u.distinct&&"text"!==l&&"vector"!==l?u.distinct:null,numbers:"number"===l?{min:d.min,max:d.max,mean:d.mean,deviation:d.deviation??null,quantiles:o.map(t=>(0,n.Xd)(f,t)),sampled:f.length}:null,lengths:m.count>0?{min:m.min,max:m.max,mean:m.mean}:null,commonest:void 0!==a&&"category"===l?u.top(10).map(({key:t,count:e})=>({value:(0,r.c)(a(t)),count:e})):[],outliers:void 0===p?null:{robust:p.robust,iqr:p.iqr,examples:void 0===a?[]:p.examples}}})(e,t.data,l)),findings:t.data.schema?.findings.map(t=>void 0===l?{...t,examples:[]}:t)??null,pii:t.data.pii.list().map(t=>void 0===l?{...t,examples:[]}:t)},drift:e.map(({against:t,columns:e,...a})=>({against:t??null,...a,columns:e.map(t=>"number"===t.kind?t:{...t,bins:function({bins:t},e){return void 0===e?[]:t.map(t=>({...t,label:e(t.label)}))}(t,l)})})),leakage:void 0===a?null:{against:a.against,...a.found}}}},7005:(t,e,a)=>{function n(t,e){let[a,n]=t[0]===t[1]?[t[0],t[0]+1]:t,r=(e[1]-e[0])/(n-a);return Object.assign(t=>e[0]+(t-a)*r,{domain:[a,n]})}function r([t,e],a=5){let n=(e-t)/a,o=10**Math.floor(Math.log10(n)),i=o*([1,2,5].find(t=>t*o>=n)??10),l=[];for(let a=Math.ceil(t/i);a*i<=e*(1+1e-12);a+=1)l.push(Number((a*i).toPrecision(12)));return l}a.d(e,{a:()=>r,h:()=>n})},9689:(t,e,a)=>{function n(t,...e){let a=t[0]??"";return e.forEach((e,n)=>a+=function t(e){return null==e||!1===e?"":"string"==typeof e?o(e):"number"==typeof e?String(e):"html"in e?e.html:e.map(t).join("")}(e)+(t[n+1]??"")),{html:a}}a.d(e,{I$:()=>s,MY:()=>l,qy:()=>n});let r={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function o(t){return t.replace(/[&<>"']/g,t=>r[t]??t).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g,"�")}let i=`
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;function l(t,e){return`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${o(t)}</title><style>${i}</style></head>
<body><main>${e.html}</main></body></html>
`}function s(t,e,a=[]){let r=t=>({html:a.includes(t)?' class="n"':""});return n`<table>
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
  </table>`}},5763:(t,e,a)=>{a.d(e,{at:()=>l,wm:()=>d,fy:()=>o,gJ:()=>s,P$:()=>r,UY:()=>c,Xd:()=>m,nn:()=>u});var n=a(9372);function r(t,e){let[a,n]=[i(t),i(e)];if(void 0!==a&&void 0!==n)return a.reduce((t,e,a)=>{let[r,o]=[Math.max(e,1e-4),Math.max(n[a]??0,1e-4)];return t+(o-r)*Math.log(o/r)},0)}function o(t,e){let[a,n]=[i(t),i(e)];if(void 0===a||void 0===n)return;let r=(t,e)=>0===t?0:t*Math.log2(t/e);return Math.sqrt(Math.max(0,a.reduce((t,e,a)=>{let o=n[a]??0;return t+r(e,(e+o)/2)+r(o,(e+o)/2)},0)/2))}function i(t){let e=t.reduce((t,e)=>t+e,0);return e>0?t.map(t=>t/e):void 0}function l(t,e){let a=t.reduce((t,e)=>t+e,0),r=e.reduce((t,e)=>t+e,0),o=0,i=0;if(t.forEach((t,n)=>{let l=e[n]??0;if(t+l===0)return;i++;let[s,u]=[(t+l)*a/(a+r),(t+l)*r/(a+r)];o+=(t-s)**2/s+(l-u)**2/u}),0!==a&&0!==r&&!(i<2))return{statistic:o,df:i-1,p:function(t,e){if(!(t>0)||!(e>=0))throw RangeError(`upperGamma needs a > 0 and x >= 0, got ${t}, ${e}`);if(0===e)return 1;if(1/0===e)return 0;let a=Math.exp(t*Math.log(e)-e-(0,n.SX)(t));if(e<t+1){let n=1/t,r=n;for(let a=1;a<1e4&&n>1e-17*r;a++)n*=e/(t+a),r+=n;return Math.max(0,1-a*r)}let r=e+1-t,o=1/1e-300,i=1/r,l=i;for(let e=1;e<1e4;e++){let a=-e*(e-t);r+=2,i=1/(1e-300>Math.abs(i=a*i+r)?1e-300:i),1e-300>Math.abs(o=r+a/o)&&(o=1e-300);let n=o*i;if(l*=n,1e-16>Math.abs(n-1))break}return a*l}((i-1)/2,o/2)}}function s(t,e){let[a,n]=[t.length,e.length];if(0===a||0===n)return;let r=0;for(let o=0,i=0;o<a&&i<n;){let l=Math.min(t[o]??1/0,e[i]??1/0);for(;o<a&&(t[o]??1/0)<=l;)o++;for(;i<n&&(e[i]??1/0)<=l;)i++;r=Math.max(r,Math.abs(o*n-i*a))}let o=r/(a*n);return a*n<=25e6?{statistic:o,p:function(t,e,a){if(0===a)return 1;let n=new Float64Array(e+1);for(let r=0;r<=t;r++)for(let o=0;o<=e;o++)Math.abs(r*e-o*t)>=a?n[o]=1:0===r||0===o?n[o]=0:n[o]=((n[o]??0)*r+(n[o-1]??0)*o)/(r+o);return Math.min(1,n[e]??0)}(a,n,r),method:"exact"}:{statistic:o,p:function(t){if(t<=0)return 1;if(t<1){let e=0;for(let a=1;a<20;a+=2)e+=Math.exp(-(a*a)*Math.PI**2/(8*t*t));return 1-Math.sqrt(2*Math.PI)/t*e}let e=0;for(let a=1;a<20;a++)e+=(a%2==1?1:-1)*Math.exp(-2*a*a*t*t);return 2*e}(Math.sqrt(a*n/(a+n))*o),method:"asymptotic"}}function u(t,e){let[a,n]=[t.length,e.length];if(0===a||0===n)return;let[r,o,i]=[0,0,0],l=Math.min(t[0]??0,e[0]??0);for(;r<a||o<n;){let s=Math.min(r<a?t[r]??0:1/0,o<n?e[o]??0:1/0);for(i+=Math.abs(r/a-o/n)*(s-l);r<a&&t[r]===s;)r++;for(;o<n&&e[o]===s;)o++;l=s}return i}function d(t,e){let a=Array.from({length:e.length+1},()=>0),n=0;for(let r of t){for(;n<e.length&&r>(e[n]??1/0);)n++;a[n]=(a[n]??0)+1}return a}function c(t,e){let a=t.at(-1)??-1/0,n=Array.from({length:e-1},(a,n)=>m(t,(n+1)/e));return[...new Set(n.flatMap(t=>n.indexOf(t)!==n.lastIndexOf(t)?[function(t){if(0===t)return -5e-324;let e=new DataView(new ArrayBuffer(8));return e.setFloat64(0,t),e.setBigInt64(0,e.getBigInt64(0)+(t>0?-1n:1n)),e.getFloat64(0)}(t),t]:t<a?[t]:[]))].sort((t,e)=>t-e)}function m(t,e){let a=e*(t.length-1),n=Math.floor(a),r=t[n]??0/0;return r+((t[Math.min(n+1,t.length-1)]??0/0)-r)*(a-n)}}};
