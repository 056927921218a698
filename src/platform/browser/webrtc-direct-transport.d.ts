/** The file of @libp2p/webrtc that vite.config.ts names so; its types are the package's own affair. */
declare module "virtual:webrtc-direct-transport" {
  export class WebRTCDirectTransport {
    constructor(components: object, init?: object);
  }
}
