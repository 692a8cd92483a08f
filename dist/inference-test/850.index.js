export const id=850;export const ids=[850];export const modules={9850:(e,t,s)=>{s.d(t,{loadSection:()=>o});var l=s(9689),a=s(3168),n=s(322),r=s(863);function o({levels:e,partial:t},s){var i,p;let m;return 0===e.length?(0,l.qy)``:(0,l.qy)`<h2>Load</h2>
    ${t?(0,l.qy)`<p class="bad">The step was cancelled: this is a part only.</p>`:null}
    <p class="soft">
      Times of an open loop are from the moment a request was due. Percentiles are linear between samples; one
      that the requests are too few for is called insufficient.
    </p>
    ${i=e,p=s,m=[{title:"Times by requests at once",levels:i.filter(({name:e})=>/^c\d/.test(e))},{title:"Times by requests per second",levels:i.filter(({name:e})=>/^r\d/.test(e))}],(0,l.qy)`${m.filter(e=>e.levels.length>1).map(({title:e,levels:t})=>(0,a.Tz)({title:e,xLabel:"",yLabel:"ms",series:["ttft_ms.p50","ttft_ms.p95","e2e_ms.p50","e2e_ms.p95"].map(e=>({name:e,points:[...t].sort((e,t)=>e.value-t.value).map(t=>({x:t.value,y:p[`load.${t.name}.${e}`]?.value??null}))}))}))}`} ${e.map(e=>{var t,o,i;let p,m,u,d;return t=e,o=s,p=`load.${t.name}.`,m=Object.entries(o).filter(([e,{value:t,insufficient:s}])=>e.startsWith(p)&&(null!==t||!0===s)).map(([e,t])=>{let s=e.slice(p.length);return[(0,l.qy)`<code>${s}</code>`,(0,r.q)(t,s),t.unit??"",t.n??""]}),u=t.runs[0]?.startedAt??0,d=t.samples.filter(e=>e.began).map(e=>({at:(t.runs[e.run]?.startedAt??u)-u+e.sentMs-(e.lateMs??0),ttft:(0,n.Xj)(e,e.ttftMs),e2e:(0,n.Xj)(e,e.e2eMs)??0,failed:!e.complete})),(0,l.qy)`<h3>${t.said}${!0===t.partial?" (cut short)":""}</h3>
    ${void 0===t.sweep?null:(i=t.sweep,(0,l.qy)`<p>
      ${null===i.best?"No rate holds":`${i.best} requests/s hold`}; ${i.stopped}.
    </p>
    ${(0,l.I$)(["rate /s","requests","good",""],i.tries.map(({rate:e,requests:t,good:s,holds:a,why:n})=>[e,t,null===s?"–":`${(100*s).toFixed(1)} %`,a?(0,l.qy)`<span class="good">holds</span>`:(0,l.qy)`<span class="bad">${n??"cut short"}</span>`]),[0,1,2])}`)}
    ${0===d.length?(0,l.qy)`<p class="bad">No request was measured.</p>`:function(e,t){var s,n;let r,o,i,p,m,u,d;if(0===t.length)return(0,l.qy)`<p class="soft">${e}: no data</p>`;let h=t.filter(({failed:e})=>!e),c=h.map(({ttft:e})=>e).filter(e=>null!==e);return(0,l.qy)`${(0,a.JW)({title:`${e}: time to the first content`,xLabel:"ms",values:c})}
  ${(0,a.JW)({title:`${e}: time to the end`,xLabel:"ms",values:h.map(({e2e:e})=>e)})}
  ${s=e,o=Math.max(1e3,1e3*Math.ceil((r=(n=t).reduce((e,{at:t})=>Math.max(e,t),0))/120/1e3)),i=Map.groupBy(n,({at:e})=>Math.floor(e/o)),p=Math.floor(r/o)+1,m=e=>Array.from({length:p},(t,s)=>({x:s*o/1e3,y:e(i.get(s)??[])})),u=e=>e.filter(({failed:e})=>!e).map(({e2e:e})=>e).sort((e,t)=>e-t),d=n.some(e=>e.failed),(0,l.qy)`${(0,a.Tz)({title:`${s}: time to the end, by the moment a request came`,xLabel:"s",yLabel:"ms",series:[{name:"median",points:m(e=>u(e)[Math.floor(u(e).length/2)]??null)},{name:"slowest",points:m(e=>u(e).at(-1)??null)}]})}
  ${(0,a.Tz)({title:`${s}: requests`,xLabel:"s",yLabel:`in ${o/1e3} s`,series:[{name:"came",points:m(e=>e.length),stepped:!0},...d?[{name:"failed",points:m(e=>e.filter(e=>e.failed).length),stepped:!0}]:[]]})}`}`}(t.name,d)}
    <details>
      <summary>All numbers</summary>
      ${(0,l.I$)(["metric","value","unit","n"],m,[1,3])}
    </details>`})}`}}};
