export const id=172;export const ids=[172,9843];export const modules={3184:(t,e,n)=>{n.d(e,{F:()=>a,c:()=>r});class a{kinds=new Map;total=0;show;constructor(t=t=>t){this.show=t}add(t,e,n,a){this.total++;let i=JSON.stringify([t,e,n]),o=this.kinds.get(i);void 0===o&&(o=this.kinds.size<500?{file:t,column:e,rule:n,count:0,examples:[]}:this.kinds.get("")??{file:t,column:null,rule:"more kinds of findings",count:0,examples:[]},this.kinds.set(this.kinds.size<500?i:"",o)),o.count++,void 0!==a&&o.examples.length<3&&o.examples.push({row:a.row,value:r(this.show(a.value.slice(0,4e3)))})}list(){return[...this.kinds.values()].sort((t,e)=>e.count-t.count)}}function r(t){let e=t.slice(0,80).replace(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu,"�").replace(/[\ud800-\udbff]$/u,"");return t.length>80?`${e}…`:e}},172:(t,e,n)=>{n.d(e,{renderDataReport:()=>u});var a=n(9689),r=n(7005);let i=["var(--a)","var(--b)","var(--c)","var(--d)","var(--bad)","var(--warn)"];function o(t){return Math.round(10*t)/10}var l=n(3184),s=n(9843);function u(t){var e,n;let u,{data:c,drift:h,leakage:g}=t,$=(0,a.qy)`<h1>Data report</h1>
    ${null===c?"":(u=[["rows",String((e=c).rows)],["columns",String(e.columns.length)],["broken rows",String(e.brokenRows)],["repeated rows",String(e.duplicates)],["schema violations",null===e.findings?"no schema":String(m(e.findings.map(({count:t})=>t)))],["personal data",String(m(e.pii.map(({count:t})=>t)))],["age in days",null===e.ageDays?"unknown":String(Math.floor(e.ageDays))]],(0,a.qy)`<p class="soft">${e.source}${null===e.revision?"":` at ${e.revision}`}</p>
    <div class="cards">
      ${u.map(([t,e])=>(0,a.qy)`<div class="card"><b>${e}</b>${t}</div>`)}
    </div>
    ${null===e.findings?"":0===(n=e.findings).length?(0,a.qy)`<p class="good">Everything fits the schema.</p>`:(0,a.qy)`<h2>What doesn't fit the schema</h2>
    ${(0,a.I$)(["file","column","asked for","count","examples"],n.slice(0,100).map(({file:t,column:e,rule:n,count:a,examples:r})=>[t,(0,l.c)(e??"(all)"),(0,l.c)(n),a,r.map(({row:t,value:e})=>`row ${t}: ${e}`).join("; ")]),[3])}`}
    ${0===e.pii.length?"":(0,a.qy)`<h2>Personal data</h2>
            ${(0,a.I$)(["column","kind","count","examples, masked"],e.pii.map(({column:t,kind:e,count:n,examples:a})=>[(0,l.c)(t),e,n,a.map(({row:t,masked:e})=>`row ${t}: ${(0,l.c)(e)}`).join("; ")]),[2])}`}
    <h2>Columns</h2>
    ${e.columns.slice(0,200).map(t=>(function(t,e){let{name:n,kind:u,nulls:d,distinct:c,numbers:m,lengths:h,outliers:g,commonest:$}=t,b=[["nulls",`${d} (${p(d/Math.max(1,e))})`],...null===c?[]:[["distinct values",String(c)]],...null===m?[]:[["range",`${f(m.min)} to ${f(m.max)}`],["mean",`${f(m.mean)}${null===m.deviation?"":`, standard deviation ${f(m.deviation)}`}`],["quantiles 1, 5, 25, 50, 75, 95, 99 %",`${m.quantiles.map(f).join(", ")}${function(t){let e=t=>(function(t){if(!(t>0&&t<100))throw RangeError(`a percentile bound needs 0 < p < 100, got ${t}`);return Math.ceil(Math.log(1-.95)/Math.log(t/100)-1e-9)})(100*Math.max(t,1-t)),n=s.b.filter(n=>t<e(n));if(0===n.length)return"";let a=n.map(t=>`${100*t}`).join(", ");return` (of ${t} values; ${a} % need up to ${Math.max(...n.map(e))})`}(m.sampled)}`]],...null===h?[]:[["characters",`${h.min} to ${h.max}, mean ${f(h.mean)}`]],...null===g?[]:[["outliers",`${g.robust} by robust z over 3.5, ${g.iqr} beyond 1.5 interquartile ranges`],...0===g.examples.length?[]:[["for example",g.examples.map(({row:t,value:e})=>`row ${t}: ${f(e)}`).join("; ")]]]];return(0,a.qy)`<details open>
    <summary><b>${(0,l.c)(n)}</b> <span class="soft">${u}</span></summary>
    ${(0,a.I$)(["",""],b)}
    ${0===$.length?"":function(t){if(0===t.bars.length)return(0,a.qy)`<p class="soft">${t.title}: no data</p>`;let e=t.width??920,n=28*t.bars.length+8,l=Math.min(e/2,12+7.5*Math.max(...t.bars.map(t=>t.label.length))),s=(0,r.h)([0,Math.max(...t.bars.map(t=>t.value),1e-9)],[0,e-l-110]);return(0,a.qy)`<figure>
    <svg viewBox="0 0 ${e} ${n}" role="img" aria-label="${t.title}">
      ${t.bars.map((e,n)=>{var r;return(0,a.qy)` <text x="${l-8}" y="${28*n+20}" text-anchor="end">${e.label}</text>
            <rect
              x="${l}"
              y="${28*n+6}"
              width="${o(Math.max(1,s(e.value)))}"
              height="18"
              rx="3"
              fill="${i[n%i.length]??""}"
            />
            <text x="${o(l+s(e.value)+8)}" y="${28*n+20}"
              >${0===(r=e.value)?"0":Math.abs(r)>=1e3?Math.round(r).toLocaleString("en-US"):String(Number(r.toPrecision(3)))}${void 0===t.unit?"":` ${t.unit}`}</text
            >`})}
    </svg>
    <figcaption>${t.title}</figcaption>
  </figure>`}({title:"commonest values",bars:$.map(({value:t,count:e})=>({label:t.slice(0,40),value:e}))})}
  </details>`})(t,e.rows))}
    ${e.columns.length>200?(0,a.qy)`<p>${e.columns.length-200} more stand in the JSON report.</p>`:""}`)} ${h.map(d)}
    ${null===g?"":function(t){let{against:e,rows:n,exact:r,near:i,run:o,tooShort:l,trainingRows:s,keptRuns:u,examples:d}=t;return(0,a.qy)`<h2>Leakage</h2>
    <p>
      Of ${n} evaluation rows ${r} stand in ${e} (${s} rows) word for word, ${i}
      word for word or with a run of ${o} words in common.
    </p>
    <p class="soft">
      ${l} rows are shorter than ${o} words and were only looked for as a whole.
      ${u<1?`Only ${p(u)} of all runs fitted into memory: near rows may be overlooked.`:""}
    </p>
    ${0===d.length?"":(0,a.I$)(["row","training row","how"],d.map(({row:t,trainingRow:e,how:n})=>[t,e,n]),[0,1])}`}(g)}`;return(0,a.MY)("Data report",$)}function d(t){return(0,a.qy)`<h2>Drift${null===t.against?"":` against ${t.against}`}</h2>
    <p class="soft">from ${t.reference} to ${t.current}</p>
    ${t.columns.slice(0,200).map(c)}`}function c({column:t,kind:e,values:n,bins:r}){let i,[o,s]=[m(r.map(({reference:t})=>t)),m(r.map(({current:t})=>t))];return(0,a.qy)`<details>
    <summary><b>${(0,l.c)(t)}</b> <span class="soft">${e}</span> ${void 0===(i=n.find(({suffix:t})=>"psi"===t))?"":null===i.value?`psi missing: ${i.missing??""}`:`psi ${f(i.value)}`}</summary>
    ${(0,a.I$)(["measure","value","how"],n.map(({suffix:t,value:e,missing:n,method:a})=>[t,null===e?"missing":f(e),n??a]),[1])}
    ${0===r.length?"":(0,a.I$)(["bin","reference","current"],r.slice(0,25).map(t=>[(0,l.c)(t.label),p(t.reference/Math.max(1,o)),p(t.current/Math.max(1,s))]),[1,2])}
  </details>`}function m(t){return t.reduce((t,e)=>t+e,0)}function p(t){return`${Number((100*t).toPrecision(3))} %`}function f(t){return Number.isFinite(t)?String(Number(t.toPrecision(4))):"none"}},9843:(t,e,n)=>{n.d(e,{b:()=>i,toReport:()=>o});var a=n(5763),r=n(3184);let i=[.01,.05,.25,.5,.75,.95,.99];function o({scan:t,drifts:e,leakage:n},l){return{schemaVersion:1,tool:"sluice-eval-gate",data:void 0===t?null:{source:t.source,revision:t.revision,files:t.data.files.map(({shown:t})=>t),rows:t.data.rows,brokenRows:t.data.brokenRows,duplicates:t.data.duplicates,ageDays:t.ageDays,columns:t.data.columns.map(e=>(function(t,{outliers:e},n){let{name:o,kind:l,nulls:s,values:u,numbers:d,numberSample:c,lengths:m}=t,p=c.sorted(),f=e.find(t=>t.column===o);return{name:o,kind:l,nulls:s,distinct:void 0!==u.distinct&&"text"!==l?u.distinct:null,numbers:"number"===l?{min:d.min,max:d.max,mean:d.mean,deviation:d.deviation??null,quantiles:i.map(t=>(0,a.Xd)(p,t)),sampled:p.length}:null,lengths:m.count>0?{min:m.min,max:m.max,mean:m.mean}:null,commonest:void 0!==n&&"category"===l?u.top(10).map(({key:t,count:e})=>({value:(0,r.c)(n(t)),count:e})):[],outliers:void 0===f?null:{robust:f.robust,iqr:f.iqr,examples:void 0===n?[]:f.examples}}})(e,t.data,l)),findings:t.data.schema?.findings.map(t=>void 0===l?{...t,examples:[]}:t)??null,pii:t.data.pii.list().map(t=>void 0===l?{...t,examples:[]}:t)},drift:e.map(({against:t,columns:e,...n})=>({against:t??null,...n,columns:e.map(t=>"number"===t.kind?t:{...t,bins:function({bins:t},e){return void 0===e?[]:t.map(t=>({...t,label:e(t.label)}))}(t,l)})})),leakage:void 0===n?null:{against:n.against,...n.found}}}},7005:(t,e,n)=>{function a(t,e){let[n,a]=t[0]===t[1]?[t[0],t[0]+1]:t,r=(e[1]-e[0])/(a-n);return Object.assign(t=>e[0]+(t-n)*r,{domain:[n,a]})}function r([t,e],n=5){let a=(e-t)/n,i=10**Math.floor(Math.log10(a)),o=i*([1,2,5].find(t=>t*i>=a)??10),l=[];for(let n=Math.ceil(t/o);n*o<=e*(1+1e-12);n+=1)l.push(Number((n*o).toPrecision(12)));return l}n.d(e,{a:()=>r,h:()=>a})},9689:(t,e,n)=>{function a(t,...e){let n=t[0]??"";return e.forEach((e,a)=>n+=function t(e){return null==e||!1===e?"":"string"==typeof e?i(e):"number"==typeof e?String(e):"html"in e?e.html:e.map(t).join("")}(e)+(t[a+1]??"")),{html:n}}n.d(e,{I$:()=>s,MY:()=>l,qy:()=>a});let r={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function i(t){return t.replace(/[&<>"']/g,t=>r[t]??t).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g,"�")}let o=`
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;function l(t,e){return`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${i(t)}</title><style>${o}</style></head>
<body><main>${e.html}</main></body></html>
`}function s(t,e,n=[]){let r=t=>({html:n.includes(t)?' class="n"':""});return a`<table>
    <thead>
      <tr>
        ${t.map((t,e)=>a`<th${r(e)}>${t}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${e.map(t=>a`<tr>
            ${t.map((t,e)=>a`<td${r(e)}>${t}</td>`)}
          </tr>`)}
    </tbody>
  </table>`}},5763:(t,e,n)=>{n.d(e,{at:()=>l,wm:()=>d,fy:()=>i,gJ:()=>s,P$:()=>r,UY:()=>c,Xd:()=>m,nn:()=>u});var a=n(9372);function r(t,e){let[n,a]=[o(t),o(e)];if(void 0!==n&&void 0!==a)return n.reduce((t,e,n)=>{let[r,i]=[Math.max(e,1e-4),Math.max(a[n]??0,1e-4)];return t+(i-r)*Math.log(i/r)},0)}function i(t,e){let[n,a]=[o(t),o(e)];if(void 0===n||void 0===a)return;let r=(t,e)=>0===t?0:t*Math.log2(t/e);return Math.sqrt(Math.max(0,n.reduce((t,e,n)=>{let i=a[n]??0;return t+r(e,(e+i)/2)+r(i,(e+i)/2)},0)/2))}function o(t){let e=t.reduce((t,e)=>t+e,0);return e>0?t.map(t=>t/e):void 0}function l(t,e){let n=t.reduce((t,e)=>t+e,0),r=e.reduce((t,e)=>t+e,0),i=0,o=0;if(t.forEach((t,a)=>{let l=e[a]??0;if(t+l===0)return;o++;let[s,u]=[(t+l)*n/(n+r),(t+l)*r/(n+r)];i+=(t-s)**2/s+(l-u)**2/u}),0!==n&&0!==r&&!(o<2))return{statistic:i,df:o-1,p:function(t,e){if(!(t>0)||!(e>=0))throw RangeError(`upperGamma needs a > 0 and x >= 0, got ${t}, ${e}`);if(0===e)return 1;if(1/0===e)return 0;let n=Math.exp(t*Math.log(e)-e-(0,a.SX)(t));if(e<t+1){let a=1/t,r=a;for(let n=1;n<1e4&&a>1e-17*r;n++)a*=e/(t+n),r+=a;return Math.max(0,1-n*r)}let r=e+1-t,i=1/1e-300,o=1/r,l=o;for(let e=1;e<1e4;e++){let n=-e*(e-t);r+=2,o=1/(1e-300>Math.abs(o=n*o+r)?1e-300:o),1e-300>Math.abs(i=r+n/i)&&(i=1e-300);let a=i*o;if(l*=a,1e-16>Math.abs(a-1))break}return n*l}((o-1)/2,i/2)}}function s(t,e){let[n,a]=[t.length,e.length];if(0===n||0===a)return;let r=0;for(let i=0,o=0;i<n&&o<a;){let l=Math.min(t[i]??1/0,e[o]??1/0);for(;i<n&&(t[i]??1/0)<=l;)i++;for(;o<a&&(e[o]??1/0)<=l;)o++;r=Math.max(r,Math.abs(i*a-o*n))}let i=r/(n*a);return n*a<=25e6?{statistic:i,p:function(t,e,n){if(0===n)return 1;let a=new Float64Array(e+1);for(let r=0;r<=t;r++)for(let i=0;i<=e;i++)Math.abs(r*e-i*t)>=n?a[i]=1:0===r||0===i?a[i]=0:a[i]=((a[i]??0)*r+(a[i-1]??0)*i)/(r+i);return Math.min(1,a[e]??0)}(n,a,r),method:"exact"}:{statistic:i,p:function(t){if(t<=0)return 1;if(t<1){let e=0;for(let n=1;n<20;n+=2)e+=Math.exp(-(n*n)*Math.PI**2/(8*t*t));return 1-Math.sqrt(2*Math.PI)/t*e}let e=0;for(let n=1;n<20;n++)e+=(n%2==1?1:-1)*Math.exp(-2*n*n*t*t);return 2*e}(Math.sqrt(n*a/(n+a))*i),method:"asymptotic"}}function u(t,e){let[n,a]=[t.length,e.length];if(0===n||0===a)return;let[r,i,o]=[0,0,0],l=Math.min(t[0]??0,e[0]??0);for(;r<n||i<a;){let s=Math.min(r<n?t[r]??0:1/0,i<a?e[i]??0:1/0);for(o+=Math.abs(r/n-i/a)*(s-l);r<n&&t[r]===s;)r++;for(;i<a&&e[i]===s;)i++;l=s}return o}function d(t,e){let n=Array.from({length:e.length+1},()=>0),a=0;for(let r of t){for(;a<e.length&&r>(e[a]??1/0);)a++;n[a]=(n[a]??0)+1}return n}function c(t,e){let n=t.at(-1)??-1/0,a=Array.from({length:e-1},(n,a)=>m(t,(a+1)/e));return[...new Set(a.flatMap(t=>a.indexOf(t)!==a.lastIndexOf(t)?[function(t){if(0===t)return -5e-324;let e=new DataView(new ArrayBuffer(8));return e.setFloat64(0,t),e.setBigInt64(0,e.getBigInt64(0)+(t>0?-1n:1n)),e.getFloat64(0)}(t),t]:t<n?[t]:[]))].sort((t,e)=>t-e)}function m(t,e){let n=e*(t.length-1),a=Math.floor(n),r=t[a]??0/0;return r+((t[Math.min(a+1,t.length-1)]??0/0)-r)*(n-a)}}};
