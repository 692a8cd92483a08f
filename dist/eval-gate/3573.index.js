export const id=3573;export const ids=[3573,8164];export const modules={3573:(e,t,n)=>{n.d(t,{gatherDetails:()=>P,renderHtml:()=>Z});var r=n(7005),i=n(9689);function a(e){let{title:t,rows:n,unit:a,line:o}=e,s=n.filter(({value:e})=>Number.isFinite(e));if(0===s.length)return(0,i.qy)`<p class="soft">${t}: no data</p>`;let u=[...s.flatMap(({value:e,low:t,high:n,bar:r})=>[e,t,n,r]),o].filter(e=>void 0!==e&&Number.isFinite(e)),[d,c]=[Math.min(...u),Math.max(...u)],f=.05*(c-d||1),p=(0,r.h)([d-f,c+f],[300,896]),h=28*s.length+4;return(0,i.qy)`<figure>
    <svg viewBox="0 0 ${920} ${h+24}" role="img" aria-label="${t}">
      ${(0,r.a)(p.domain).map(e=>(0,i.qy)`<line x1="${l(p(e))}" x2="${l(p(e))}" y1="0" y2="${h}" stroke="var(--line)" />
            <text x="${l(p(e))}" y="${h+16}" text-anchor="middle">${e}${a}</text>`)}
      ${void 0===o?null:(0,i.qy)`<line x1="${l(p(o))}" x2="${l(p(o))}" y1="0" y2="${h}" stroke="currentColor" />`}
      ${s.map((e,t)=>(function(e,t,n){var r;let{label:a,value:o,low:s,high:u,bar:d,tone:c}=e,f=t+14,p="neutral"===c?"var(--a)":`var(--${c})`,h=void 0!==s&&void 0!==u&&Number.isFinite(s)&&Number.isFinite(u);return(0,i.qy)`<text x="${290}" y="${f+5}" text-anchor="end">${(r=a).length<=38?r:`${r.slice(0,37).toWellFormed()}…`}</text>
    ${h?(0,i.qy)`<line x1="${l(n(s))}" x2="${l(n(u))}" y1="${f}" y2="${f}" stroke="${p}" stroke-width="3" />`:null}
    ${void 0===d?null:(0,i.qy)`<line
            x1="${l(n(d))}"
            x2="${l(n(d))}"
            y1="${t+4}"
            y2="${t+28-4}"
            stroke="currentColor"
            stroke-width="2"
          />`}
    <circle cx="${l(n(o))}" cy="${f}" r="4.5" fill="${p}" />`})(e,28*t,p))}
    </svg>
    <figcaption>${t}</figcaption>
  </figure>`}function l(e){return Math.round(10*e)/10}var o=n(1165),s=n(8164);function u(e,t,n){if(void 0===t||void 0===n)return null;let r=n(t),a=r.length>2e3?`${r.slice(0,2e3).toWellFormed()} …`:r;return(0,i.qy)`<p class="soft">${e}</p>
    <pre>${a}</pre>`}var d=n(6965),c=n(2107),f=n(518);function p(e){return Math.round(10*e)/10}function h(e,t,n){let{value:r=null,low:i,high:a}=t??{};return null===r?{label:e,value:null}:{label:e,value:r*n,..."number"==typeof i&&"number"==typeof a?{low:i*n,high:a*n}:{}}}var $=n(8395),m=n(1455),v=n(6760),g=n(9535),b=n(827),y=n(2104),x=n(1063),w=n(6631),q=n(8777);async function M(e,t){let n=void 0===e?[]:function({history:e},t){return[...new Map(e.filter(({event:e,record:n})=>x.CL.includes(e)&&n?.id!==t).map(e=>[e.releaseDigest,e])).values()].sort((e,t)=>e.at-t.at).flatMap(({version:e,record:t})=>{let n=function(e){try{return null===e?void 0:(0,y.checkRecord)(e,"stored")}catch(e){if(e instanceof w.xL)return;throw e}}(t);return void 0===n?[]:[{label:e,metrics:function({stages:e}){return Object.assign({},...e.filter(({action:e})=>"eval-gate"===e).map(({metrics:e})=>e))}(n)}]})}(e,t.record?.id);return(n.length>0||void 0===t.modelCard?n:await S(t.modelCard)).slice(-9)}async function S(e){let t=(0,v.dirname)((0,v.dirname)(e)),n=(0,b.Xk)(e);if(void 0===n)return[];let r=[];for await(let e of(0,m.glob)("*/model-card.yaml",{cwd:t})){let i=(0,v.join)(t,e),a=(0,b.Xk)(i);void 0!==a&&0>j(a,n)&&r.push({path:i,version:a})}r.sort((e,t)=>j(e.version,t.version));let i=[];for(let{path:e,version:t}of r.slice(-9))i.push({label:`v${t.join(".")}`,metrics:await k(e)});return i}async function k(e){try{let t=await (0,q.Wr)((0,v.join)((0,v.dirname)(e),"eval-results.json"));if(void 0!==t)return F(JSON.parse(t).metrics);let{spec:n}=await (0,b.fs)(await (0,m.readFile)(e,"utf8"),e);return F(Object.fromEntries(Object.entries(n.evaluation?.metrics??{}).map(([e,t])=>[e,{value:t}])))}catch(e){if(e instanceof w.xL||e instanceof SyntaxError)return{};throw e}}function F(e){let t={};for(let[n,r]of Object.entries((0,g.Gv)(e)?e:{})){if(!(0,g.Gv)(r)||"number"!=typeof r.value)continue;let{value:e,low:i,high:a}=r,l="number"==typeof i&&"number"==typeof a;t[n]={value:e,...l?{low:i,high:a}:{}}}return t}function j(e,t){for(let n=0;n<Math.max(e.length,t.length);n++){let r=(e[n]??0)-(t[n]??0);if(0!==r)return r}return 0}let N={pass:"good",fail:"bad",inconclusive:"warn",missing:"bad"};async function P(e){var t,n,l;let m,{inputs:v,report:g,candidate:b,ruled:y}=e,x=e.baseline?.metrics??[],w=await M(e.stored,{record:e.record,modelCard:v.modelCard});return{trends:function(e,t){let n=[...new Map(e.map(e=>[e.metric,e])).values()].filter(({metric:e})=>t.some(({metrics:t})=>"number"==typeof t[e]?.value));if(0!==n.length)return(0,i.qy)`<h2>Over the last releases</h2>
    ${n.slice(0,12).map(e=>{let{metric:n,bar:a,share:l,unit:o}=e,s=!0===l?100:1;return function(e){var t,n,a;let{title:l,points:o,unit:s,bar:u}=e,d=o.flatMap(({value:e,low:t,high:n})=>null===e?[]:[e,t,n]),c=[...d,u].filter(e=>void 0!==e&&Number.isFinite(e));if(0===d.length)return(0,i.qy)`<p class="soft">${l}: no data</p>`;let[f,h]=[Math.min(...c),Math.max(...c)],$=.1*(h-f||Math.abs(h)||1),m=(0,r.h)([f-$,h+$],[156,14]),v=832,g=e=>64+v*(e+.5)/o.length;return(0,i.qy)`<figure>
    <svg viewBox="0 0 ${920} ${190}" role="img" aria-label="${l}">
      ${(0,r.a)(m.domain,4).map(e=>(0,i.qy)`<line
              x1="${64}"
              x2="${896}"
              y1="${p(m(e))}"
              y2="${p(m(e))}"
              stroke="var(--line)"
            />
            <text x="${56}" y="${p(m(e)+4)}" text-anchor="end">${e}${s}</text>`)}
      ${void 0===u?null:(0,i.qy)`<line
              x1="${64}"
              x2="${896}"
              y1="${p(m(u))}"
              y2="${p(m(u))}"
              stroke="currentColor"
              stroke-dasharray="5 4"
            />`}
      ${t=o,n=g,a=m,t.slice(1).flatMap(({value:e},r)=>{let l=t[r]?.value??null;return null===e||null===l?[]:[(0,i.qy)`<line
        x1="${p(n(r))}"
        y1="${p(a(l))}"
        x2="${p(n(r+1))}"
        y2="${p(a(e))}"
        stroke="var(--a)"
      />`]})}
      ${o.map((e,t)=>(function({label:e,value:t,low:n,high:r},a,l,o){let s=e.length<=16?e:`${e.slice(0,15).toWellFormed()}…`,u=(0,i.qy)`<text x="${p(a)}" y="${178}" text-anchor="middle">${s}</text>`;if(null===t)return u;let d=void 0!==n&&void 0!==r&&Number.isFinite(n)&&Number.isFinite(r);return(0,i.qy)`${u}
    ${d?(0,i.qy)`<line x1="${p(a)}" x2="${p(a)}" y1="${p(l(n))}" y2="${p(l(r))}" stroke="var(--a)" stroke-width="2" />`:null}
    <circle
      cx="${p(a)}"
      cy="${p(l(t))}"
      r="4.5"
      stroke="var(--a)"
      fill="${o?"var(--a)":"var(--paper)"}"
      ><title>${e}</title></circle
    >`})(e,g(t),m,t===o.length-1))}
    </svg>
    <figcaption>${l}</figcaption>
  </figure>`}({title:`${n}${null===a?"":"; the dashed line is the bar"}`,points:[...t.map(({label:e,metrics:t})=>h(e,t[n],s)),h("this release",function({value:e,bar:t,low:n,high:r}){return{value:e,...null!==t&&void 0!==n&&void 0!==r?{low:n,high:r}:{}}}(e),s)],unit:!0===l?" %":void 0===o?"":` ${o}`,...null===a?{}:{bar:a*s}})})}
    ${n.length>12?(0,i.qy)`<p class="soft">and ${n.length-12} more metrics</p>`:null}`}(g.outcomes,w),slices:function(e,t){if(0!==e.length)return(0,i.qy)`<h2>Slices</h2>
    <p class="soft">
      For a look only: of many slices some are low by chance. A rule decides on one, as
      <code>accuracy[language=de] &gt;= 85%</code> or <code>accuracy.gap(language) &lt;= 5%</code>.
    </p>
    ${e.map(e=>(function({title:e,slices:t},n){let r=t[0]?.slice.direction==="lower"?-1:1,l=[...t].sort((e,t)=>r*((e.slice.value??-1/0)-(t.slice.value??-1/0))),o=l.slice(0,40).map(({slice:e,before:t})=>({...{slice:e,before:t,bounds:null===e.value?void 0:(0,d.y)(e,n)},label:(0,c.gM)(e.selector).join(", ")})),u=o.some(({before:e})=>void 0!==e),p=o.every(({slice:e})=>!0===e.share);return(0,i.qy)`<h3>${e}</h3>
    ${p?a({title:e,unit:" %",rows:o.flatMap(({slice:{value:e},bounds:t,label:n})=>null===e?[]:[{label:n,value:100*e,tone:"neutral",...void 0===t?{}:{low:100*t.low,high:100*t.high}}])}):null}
    ${(0,i.I$)(["slice","value","bounds","n",...u?["baseline","difference"]:[]],o.map(({slice:e,before:t,bounds:n,label:r})=>{var i,a;return[r,(0,s.SP)(e.value,e),void 0===n?"":`${(0,f.Zv)(n.low,e)} to ${(0,f.Zv)(n.high,e)}`,e.n??"",...u?(i=e,void 0===(a=t)||null===a.value||null===i.value?["",""]:[(0,s.SP)(a.value,a),(0,f.Zv)(i.value-a.value,i,!0)]):[]]}),[1,2,3,4,5])}
    ${l.length>40?(0,i.qy)`<p class="soft">and ${l.length-40} more slices</p>`:null}`})(e,t))}`}((t=[...new Set(y.map(({name:e,folded:t})=>t?.slices[0]?.name??e))],n=b.metrics,t.slice(0,4).flatMap(e=>{var t,r;let i,a=(0,c.Z)(n,e).map(t=>({title:`${e} by ${t}`,slices:(0,c.fS)(n,{name:e},t)})),l=(t=n,r=e,[...i=new Set(t.filter(e=>e.name===r&&void 0===e.selector).flatMap(({items:e})=>[...e?.slices?.values()??[]].flat()))].filter(e=>!e.includes("=")&&!i.has(e.replace(":","="))).sort()).flatMap(t=>(0,c.Mz)(n,{name:e,selector:t})??[]);return[...a,{title:`${e} by tag`,slices:l}].filter(({slices:e})=>e.length>1).map(({title:t,slices:n})=>({title:t,slices:n.map(t=>({slice:t,before:(0,c.Mz)(x,{name:e,selector:t.selector??""})}))}))})),v.confidence),regressions:function(e,t,n){if(0!==e.length||0!==t.length)return(0,i.qy)`<h2>What got worse</h2>
    ${void 0===n?(0,i.qy)`<p class="soft">The texts are withheld (<code>texts: none</code>).</p>`:null}
    ${e.map(({metric:e,worst:t,total:r})=>(0,i.qy)`<h3>${(0,o.B)(e)}: ${r} ${1===r?"item":"items"}</h3>
          ${t.map(t=>(function(e,t,n){var r;let a,{id:l,candidate:o,baseline:d,text:c,baselineText:f,slices:p}=e;return(0,i.qy)`<details>
    <summary>
      ${(0,s.SP)(d,t)} to ${(0,s.SP)(o,t)}
      <span class="soft">${[l.slice(0,80),...(a=new Set(r=p),r.filter(e=>!/^[^:=]+:/u.test(e)||!a.has(e.replace(":","=")))).slice(0,6)].join(" \xb7 ")}</span>
    </summary>
    ${u("Prompt",c?.prompt??f?.prompt,n)}
    ${u("Expected",c?.expected??f?.expected,n)}
    ${u("Answer",c?.answer,n)} ${u("The baseline's answer",f?.answer,n)}
  </details>`})(t,e,n))}
          ${r>t.length?(0,i.qy)`<p class="soft">and ${r-t.length} more</p>`:null}`)}
    ${0===t.length?null:(0,i.qy)`<h3>The judge prefers the baseline: ${t.length}</h3>
            ${t.slice(0,20).map(e=>(function({id:e,prompt:t,candidate:n,baseline:r},a){return(0,i.qy)`<details>
    <summary><span class="soft">${e.slice(0,80)}</span></summary>
    ${u("Prompt",t,a)} ${u("Answer",n,a)}
    ${u("The baseline's answer",r,a)}
  </details>`})(e,n))}
            ${t.length>20?(0,i.qy)`<p class="soft">and ${t.length-20} more</p>`:null}`}`}((l=b.metrics,m=new Map(x.map(e=>[(0,o.B)(e),e])),[...new Set([...y,...l])].flatMap(e=>{let t=m.get((0,o.B)(e)),n=void 0===t?[]:function(e,t){let{items:n,direction:r}=e,i=t.items;if(void 0===n||void 0===i||void 0===r)return[];let a="higher"===r?1:-1;return[...n.scores].flatMap(([e,t])=>{let r=i.scores.get(e);if(void 0===r)return[];let[a,l]=[n.texts?.get(e),i.texts?.get(e)];return[{...{id:e,candidate:t,baseline:r,slices:n.slices?.get(e)??[]},...void 0===a?{}:{text:a},...void 0===l?{}:{baselineText:l}}]}).filter(e=>0>(({candidate:e,baseline:t})=>a*(e-t))(e)).sort((e,t)=>(({candidate:e,baseline:t})=>a*(e-t))(e)-(({candidate:e,baseline:t})=>a*(e-t))(t))}(e,t);return 0===n.length?[]:[{metric:e,worst:n.slice(0,20),total:n.length}]}).slice(0,6)),e.lost,await (0,$.Y)(v))}}function Z(e,{trends:t,slices:n,regressions:r}){let{decision:l,outcomes:o,comparison:u}=e,d=o.flatMap(({metric:e,value:t,share:n,bar:r,low:i,high:a,verdict:l,warn:o})=>{if(!0!==n||null===t)return[];let s={label:e,value:100*t,tone:"pass"===l?"good":"inconclusive"===l||o?"warn":"bad"};return null===r?[s]:[{...s,bar:100*r,...void 0===i||void 0===a?{}:{low:100*i,high:100*a}}]}),c=u.flatMap(({metric:e,difference:t,baseline:n,low:r,high:i,share:a})=>{let l=!0===a?1:Math.abs(n);return void 0===r||void 0===i||0===l?[]:[{label:e,value:t/l*100,low:r/l*100,high:i/l*100,tone:"neutral"}]});return(0,i.MY)(`Gate ${e.name}: ${l.verdict}`,(0,i.qy)`<h1>Gate ${e.name}: <span class="${N[l.verdict]}">${l.verdict}</span></h1>
      ${0===e.release.length?null:(0,i.qy)`<p class="soft">${e.release.join(" \xb7 ")}</p>`}
      ${l.reasons.map(e=>(0,i.qy)`<p>${e}</p>`)}
      ${void 0===l.advice?null:(0,i.qy)`<p><b>What to do:</b> ${l.advice}.</p>`}
      <h2>Rules</h2>
      ${(0,i.I$)(["rule","value","bar","bound","n","verdict"],o.map(e=>[(0,i.qy)`<code>${e.rule}</code>`,(0,s.SP)(e.value,e),(0,s.Rb)(e),(0,s.s0)(e),e.n??"",(0,i.qy)`<span class="${e.warn&&"pass"!==e.verdict?"warn":N[e.verdict]}"
            >${(0,s.Vj)(e)}</span
          >`]),[1,2,3,4])}
      ${0===d.length?null:a({title:"Shares with their bounds; the upright line is the bar",rows:d,unit:" %"})}
      ${0===u.length?null:(0,i.qy)`<h2>Candidate and baseline</h2>
              ${0===c.length?null:a({title:"Differences with their bounds: points of a share, percent of the baseline for the rest. What crosses 0 may be no difference",rows:c,unit:" %",line:0})}
              ${(0,i.I$)(["metric","candidate","baseline","difference","bounds"],u.map(e=>[e.metric,(0,s.SP)(e.candidate,e),(0,s.SP)(e.baseline,e),(0,f.Zv)(e.difference,e,!0),(0,s.Ue)(e)]),[1,2,3])}`}
      ${t} ${n} ${r}
      <p class="soft">
        Bounds are one-sided at ${(0,f.Zv)(e.confidence,{share:!0})} unless the rule says
        otherwise. Read:
        ${e.files.map(({path:e})=>e).join(", ")}${0===e.baselineFiles.length?"":`; baseline: ${e.baselineFiles.map(({path:e})=>e).join(", ")}`}.
      </p>`)}},8395:(e,t,n)=>{n.d(t,{Y:()=>r});async function r({texts:e,redact:t}){if("none"===e)return;let{makeRedactor:i}=await Promise.resolve().then(n.bind(n,6025));return i(t)}},8164:(e,t,n)=>{n.d(t,{Rb:()=>s,SP:()=>d,Ue:()=>c,Vj:()=>o,renderSummary:()=>l,s0:()=>u});var r=n(518),i=n(2469);let a={pass:"✅",fail:"❌",inconclusive:"❔",missing:"❌"};function l(e){var t;let n,l,f,{decision:p,outcomes:h,comparison:$,notes:m}=e,v=[`### Gate ${(0,i.SS)(e.name)}`];e.release.length>0&&v.push(e.release.map(i.SS).join(" \xb7 ")),void 0!==p.advice&&v.push(`**What to do:** ${(0,i.FV)(p.advice)}.`),v.push((0,i.tp)(["","rule","value","bar","bound","n","verdict"],h.map(e=>[e.warn&&"pass"!==e.verdict?"⚠️":a[e.verdict],(0,i.lS)((0,i.SS)(e.rule)),d(e.value,e),s(e),u(e),e.n??"",o(e)]))),$.length>0&&v.push((n=(t=$).slice(0,60).map(e=>{var t;return[e.metric,d(e.candidate,e),d(e.baseline,e),(0,r.Zv)(e.difference,e,!0),c(e),void 0===e.p?"":(t=e.p)<.001?"< 0.001":t.toFixed(3)]}),l=t.length-n.length,f=(0,i.tp)(["metric","candidate","baseline","difference","bounds","p (Holm)"],n),`#### Candidate and baseline

${f}${l>0?`

and ${l} more in the output \`comparison\``:""}`)),m.length>0&&v.push((0,i.zH)("Notes",m.map(e=>`- ${(0,i.FV)(e)}`).join("\n")));let g=[...e.files,...e.baselineFiles.map(e=>({...e,format:`${e.format}, baseline`}))];return v.push(`Read: ${g.map(({path:e,format:t})=>`${(0,i.SS)(e)} (${(0,i.FV)(t)})`).join(", ")}`),v.join("\n\n")}function o(e){let t=[!0===e.withinNoise?"within noise":"",!0===e.noSampleCount?"no sample count":"",e.warn&&"pass"!==e.verdict?"warns only":"",void 0===e.needed?"":`${e.needed} samples needed`].filter(e=>""!==e);return 0===t.length?e.verdict:`${e.verdict} (${t.join(", ")})`}function s(e){return null!==e.bar?d(e.bar,e):void 0===e.baseline?"":`baseline ${d(e.baseline,e)}`}function u(e){let{low:t,high:n}=e;if(void 0===t||void 0===n||!Number.isFinite(t)||!Number.isFinite(n))return"";let i=null===e.bar;return`${(0,r.Zv)(t,e,i)} to ${(0,r.Zv)(n,e,i)}${i?" gain":""}`}function d(e,t){return null===e?"missing":(0,r.Zv)(e,t)}function c(e){return void 0!==e.note?e.note:void 0===e.low||void 0===e.high?"no bound":`${(0,r.Zv)(e.low,e,!0)} to ${(0,r.Zv)(e.high,e,!0)} (${e.method}, n ${e.n})`}},518:(e,t,n)=>{function r(e){return Number.isFinite(e)?Math.abs(e)>=1e3?String(Math.round(10*e)/10):String(Number(e.toPrecision(4))):e>0?"unbounded":e<0?"-unbounded":"none"}function i(e,t,n=!1){let o=n&&e>0?"+":"";if(!Number.isFinite(e))return r(e);if(!0===t.share){let t=100*e;if(n)return`${o}${a(t)}`;let r=1>Math.abs(t)||Math.abs(t)>99?2:1;return`${o}${l(t.toFixed(r))} %`}return`${o}${r(e)}${void 0===t.unit?"":` ${t.unit}`}`}function a(e){let t=1>Math.abs(e)?2:1,n=l(e.toFixed(t));return`${n} ${"1"===n||"-1"===n?"point":"points"}`}function l(e){return e.includes(".")?e.replace(/\.?0+$/u,""):e}n.d(t,{Xf:()=>a,ZV:()=>r,Zv:()=>i})},1063:(e,t,n)=>{n.d(t,{CL:()=>r,aZ:()=>i,vP:()=>a});let r=["deployed","promoted","restored"];function i({stable:e,history:t}){return t.findLast(({version:t,event:n})=>t===e&&r.includes(n))}function a({history:e,quarantined:t},n){let i=new Set(t);for(let t of e.toReversed()){"rolled-back"===t.event&&i.add(t.releaseDigest);let e=void 0!==n&&t.record?.id===n;if(r.includes(t.event)&&!i.has(t.releaseDigest)&&!e)return t}}},7005:(e,t,n)=>{function r(e,t){let[n,r]=e[0]===e[1]?[e[0],e[0]+1]:e,i=(t[1]-t[0])/(r-n);return Object.assign(e=>t[0]+(e-n)*i,{domain:[n,r]})}function i([e,t],n=5){let r=(t-e)/n,a=10**Math.floor(Math.log10(r)),l=a*([1,2,5].find(e=>e*a>=r)??10),o=[];for(let n=Math.ceil(e/l);n*l<=t*(1+1e-12);n+=1)o.push(Number((n*l).toPrecision(12)));return o}n.d(t,{a:()=>i,h:()=>r})},9689:(e,t,n)=>{function r(e,...t){let n=e[0]??"";return t.forEach((t,r)=>n+=function e(t){return null==t||!1===t?"":"string"==typeof t?a(t):"number"==typeof t?String(t):"html"in t?t.html:t.map(e).join("")}(t)+(e[r+1]??"")),{html:n}}n.d(t,{I$:()=>s,MY:()=>o,qy:()=>r});let i={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function a(e){return e.replace(/[&<>"']/g,e=>i[e]??e).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g,"�")}let l=`
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;function o(e,t){return`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${a(e)}</title><style>${l}</style></head>
<body><main>${t.html}</main></body></html>
`}function s(e,t,n=[]){let i=e=>({html:n.includes(e)?' class="n"':""});return r`<table>
    <thead>
      <tr>
        ${e.map((e,t)=>r`<th${i(t)}>${e}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${t.map(e=>r`<tr>
            ${e.map((e,t)=>r`<td${i(t)}>${e}</td>`)}
          </tr>`)}
    </tbody>
  </table>`}}};
