/** Hash routes: the server needs to know nothing of them, and a violation has a link to share. */
import { createRouter, createWebHashHistory } from 'vue-router'

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/map' },
    { path: '/map', name: 'map', component: () => import('./views/MapView.vue') },
    {
      path: '/violations/:id(\\d+)?',
      name: 'violations',
      component: () => import('./views/ViolationsView.vue'),
    },
    { path: '/patrol', name: 'patrol', component: () => import('./views/PatrolView.vue') },
    { path: '/transport', name: 'transport', component: () => import('./views/TransportView.vue') },
    { path: '/tools', name: 'tools', component: () => import('./views/ToolsView.vue') },
    { path: '/:rest(.*)*', redirect: '/map' },
  ],
})
