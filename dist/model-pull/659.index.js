export const id=659;export const ids=[659];export const modules={9659:(e,s,t)=>{t.d(s,{summarizePull:()=>i});var a=t(2469),l=t(6101),o=t(2717);function i(e){let{pulled:s,safety:t}=e,i=(0,o.ob)(s.files),d=(0,o.LJ)(s.downloadedBytes,s.fetchMs),n=s.fetchMs>0?`${(0,l.z3)(s.downloadedBytes)} in ${(0,l.a3)(s.fetchMs)}${null===d?"":`, ${d.toFixed(1)} MB/s`}`:"nothing",h=(0,a.tp)(["what","value"],[["model",(0,a.lS)((0,a.SS)(e.name))],["asked",e.asked],["revision",(0,a.lS)((0,a.SS)(s.revision))],["from",e.from],["digest",(0,a.lS)((0,a.SS)(e.digest))],["changed",e.changed?"yes":"no"],["size",`${(0,l.z3)(i)} in ${s.files.length} files`],["fetched",n],["from cache",`${(0,l.z3)(i-s.downloadedBytes)} (${(0,o.Is)(s.files)})`],["safety",t.state],["whole step",(0,l.a3)(e.totalMs)],...void 0===e.path?[]:[["path",(0,a.lS)((0,a.SS)(e.path))]]]),f=[...s.files].sort((e,s)=>s.bytes-e.bytes).slice(0,40).map(e=>[(0,a.lS)((0,a.SS)(e.path)),(0,l.z3)(e.bytes),t.formats[e.path]??"",e.fromCache?"cache":"fetched",(0,a.lS)((0,a.SS)(e.sha256.slice(0,16)))]),r=s.files.length-f.length,c=r>0?`

and ${r} smaller files`:"",m=t.notices.map(e=>`
- ${(0,a.FV)(e)}`).join(""),S=(0,a.tp)(["file","size","format","from","sha256"],f);return`${h}

<details><summary>Files</summary>

${S}${c}

</details>${m}`}}};
