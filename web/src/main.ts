import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './i18n'
import { router } from './router'
import { followSession } from './stores/live'
import { resume, token } from './stores/session'
import './styles/base.css'
import './styles/controls.css'
import './styles/tables.css'
import './styles/views.css'

// The page is drawn once it is known whether the tab has a session, so that no log-in form flashes.
await resume()
followSession(token)
createApp(App).use(i18n).use(router).mount('#app')
