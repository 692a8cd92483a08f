export const id=7785;export const ids=[7785];export const modules={166:(e,t,r)=>{r.d(t,{unitFile:()=>o});var l=r(6550);function o(e){let{stateDir:t,service:r}=(0,l.hostLayout)(e.stateDir,e.service),o=[e.node??process.execPath,e.bundle,"--role=host-supervisor",`--state-dir=${t}`,`--service=${r}`,`--listen=${e.listen}`];return`[Unit]
Description=Sluice model service ${r}
After=network-online.target
Wants=network-online.target

[Service]
User=${e.user}
WorkingDirectory=/
ExecStart=${o.map(s).join(" ")}
Restart=on-failure
RestartSec=1
KillMode=process
TimeoutStopSec=120
UMask=0077

[Install]
WantedBy=multi-user.target
`}function s(e){let t=e.replaceAll("%","%%").replaceAll("$","$$$$");return/^[\w@%+=:,./$-]+$/.test(t)?t:`"${t.replaceAll("\\","\\\\").replaceAll('"','\\"')}"`}}};
